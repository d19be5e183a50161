/**
 * Archives that can be handed over: without addresses, and with proof of what was removed.
 *
 * @module
 */

import { component, type Context } from "../../runtime/component.ts";
import { choice, files, flag, integer, list, type OptionTable, path, text } from "../../runtime/options.ts";
import { writeOut } from "../../runtime/stdout.ts";
import { foldersOf } from "./data_set.ts";
import { parseHost } from "./host.ts";
import { learn, makeDataSet } from "./job.ts";
import { openKey } from "./key.ts";
import { loadPolicy, warningsOf } from "./policy.ts";
import { Preview } from "./preview.ts";
import { Pseudonyms } from "./pseudonyms.ts";
import { Redactor } from "./redactor.ts";

const options = {
  files: files("Archives to redact, or folders of them, in this order"),
  out: path("Folder for the data set, which must not exist yet"),
  policy: text(
    "What is removed: strict, research, or a file; `deno task redact policy` prints its form",
    "strict",
  ),
  own: list("Addresses and host names of the node, besides those that its events tell", [], {
    placeholder: "HOST,…",
    check: checkOwn,
  }),
  keyFile: path(
    "File with the key of the pseudonyms, made if it is not there (default: a key that nobody keeps)",
  ),
  license: choice("Licence that the data set is given under, as a file beside it", "none", [
    "none",
    "cc-by-4.0",
  ]),
  level: integer("Compression from 1 (fast) to 22 (small, slow, 1 GB of memory); 0 for none", 7, { max: 22 }),
  preview: flag("Write nothing; show one event of each sort before and after, with all that is secret in it"),
} satisfies OptionTable;

/** The redact job. */
export default component({
  summary: "Removes from archives what tells who was there, so that they can be handed over",
  example: "redact --redact.out /tmp/data-set ~/.waggle/archive",
  options,
  job: true,
  offBus: true,
  commands: { policy: () => import("./command_policy.ts") },
  check: ({ files, out, policy, preview }) => [
    ...files.length === 0 ? ["redact: no file is named, add one or more to the command"] : [],
    ...out === undefined && !preview ? ["redact: name a folder for the data set with --redact.out"] : [],
    ...policyProblems(policy),
  ],
  permissions: ({ files, out, policy, keyFile }) => {
    const written = [...out === undefined ? [] : foldersOf(out), ...keyFile === undefined ? [] : [keyFile]];
    const isFile = policy !== "strict" && policy !== "research";
    return { read: [...files, ...isFile ? [policy] : [], ...written], write: written };
  },
  async run(context) {
    const { options: { out, preview, ...options }, log, signal } = context;
    if (options.files.length === 0) return;
    const policy = loadPolicy(options.policy);
    for (const warning of warningsOf(policy)) log.warn(warning);
    try {
      if (preview) return await show(context);
      const key = await openKey(options.keyFile);
      const job = { ...options, policy, key, licence: options.license };
      const { folder, report } = await makeDataSet(job, out!, context);
      if (report.passed) {
        return log.info(`Wrote ${report.events} events to ${folder}, nothing was found in them`);
      }
      throw new Error(
        `Found what should not be there, ${report.findingsCount} times: the output is not released. ` +
          `${folder}/verification.json says where; please report it, without the files`,
      );
    } catch (error) {
      if (!signal.aborted) throw error;
      log.info("Stopped before the end, nothing is left of it");
    }
  },
});

async function show(context: Context<typeof options>): Promise<void> {
  const { own, keyFile, policy, files } = context.options;
  const preview = new Preview();
  const learnt = await learn({ files, own }, context.signal, (bytes, event) => preview.take(bytes, event));
  const pseudonyms = new Pseudonyms(await openKey(keyFile));
  await writeOut(
    preview.show(new Redactor({ policy: loadPolicy(policy).classes, pseudonyms, own: learnt.own })),
  );
}

function policyProblems(policy: string): string[] {
  try {
    loadPolicy(policy);
    return [];
  } catch (error) {
    return (error as Error).message.split("\n").map((line) => `redact: ${line}`);
  }
}

function checkOwn(text: string): void {
  const { network } = parseHost(text);
  if (network === "name" && !/^[a-z0-9.-]{4,253}(:\d{1,5})?$/i.test(text)) {
    throw new SyntaxError(`expected addresses or host names, not "${text}"`);
  }
}
