import { alertsEvents } from "./alerts_events.ts";
import { archive } from "./archive.ts";
import { asmap } from "./asmap.ts";
import { bpftrace } from "./bpftrace.ts";
import { dataSetTexts } from "./data_set_texts.ts";
import { event } from "./event.ts";
import { federationFrames } from "./federation_frames.ts";
import { logLines } from "./log_lines.ts";
import { outboxSegment } from "./outbox_segment.ts";
import { metricsEvents } from "./metrics_events.ts";
import { nodeSettings } from "./node_settings.ts";
import { p2pMessage } from "./p2p_message.ts";
import { randomnessQuestions } from "./randomness_questions.ts";
import { redact } from "./redact.ts";
import { sealedSightings } from "./sealed_sightings.ts";
import { summaryEvents } from "./summary_events.ts";
import type { Target } from "./target.ts";
import { uplinkFrames } from "./uplink_frames.ts";
import { v1Stream } from "./v1_stream.ts";
import { v2Frames } from "./v2_frames.ts";
import { wsSubscription } from "./ws_subscription.ts";

/** All targets: a new one is a file and a line here. */
export const TARGETS: readonly Target[] = [
  alertsEvents,
  archive,
  asmap,
  bpftrace,
  dataSetTexts,
  event,
  federationFrames,
  logLines,
  outboxSegment,
  metricsEvents,
  nodeSettings,
  p2pMessage,
  randomnessQuestions,
  redact,
  sealedSightings,
  summaryEvents,
  uplinkFrames,
  v1Stream,
  v2Frames,
  wsSubscription,
];
