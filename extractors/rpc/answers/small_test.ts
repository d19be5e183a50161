import { assertEquals, assertThrows } from "@std/assert";
import { noNotes, recorded } from "../_recorded.ts";
import { addrmanInfo } from "./addrman_info.ts";
import { memoryInfo } from "./memory_info.ts";
import { netTotals } from "./net_totals.ts";
import { uptime } from "./uptime.ts";

const NO_ENTRIES = { new: 0, tried: 0, total: 0 };
const NO_TARGET = {
  timeframe: 86400,
  target: 0,
  targetReached: false,
  serveHistoricalBlocks: true,
  bytesLeftInCycle: 0,
  timeLeftInCycle: 0,
};

Deno.test("uptime() reads the seconds of Core 31 and Knots 29", () => {
  assertEquals(uptime(recorded("core31", "uptime"), noNotes), { case: "uptime", value: 1321 });
  assertEquals(uptime(recorded("knots29", "uptime"), noNotes), { case: "uptime", value: 15 });
});

Deno.test("uptime() refuses what is no number and notes what is no uptime", () => {
  assertThrows(() => uptime("15", noNotes), TypeError, "expected a number, got a string");
  const notes: string[] = [];
  assertEquals(uptime(-1, (path) => notes.push(path)), { case: "uptime", value: 0 });
  assertEquals(notes, ["seconds"]);
});

Deno.test("netTotals() reads Core 31 and Knots 29", () => {
  assertEquals(netTotals(recorded("core31", "getnettotals"), noNotes), {
    case: "netTotals",
    value: {
      totalBytesReceived: 26158,
      totalBytesSent: 119305,
      timeMillis: 1795204690772,
      uploadTarget: NO_TARGET,
    },
  });
  assertEquals(netTotals(recorded("knots29", "getnettotals"), noNotes), {
    case: "netTotals",
    value: {
      totalBytesReceived: 41933,
      totalBytesSent: 17969,
      timeMillis: 1795204690895,
      uploadTarget: NO_TARGET,
    },
  });
});

Deno.test("netTotals() reads an upload target that is used up, and notes where there is none", () => {
  const target = { timeframe: 86400, target: 5e9, target_reached: true, time_left_in_cycle: 60 };
  const answer = {
    totalbytesrecv: 9_007_199_254_740_991,
    totalbytessent: 1,
    timemillis: 2,
    uploadtarget: target,
  };
  assertEquals(netTotals(answer, noNotes), {
    case: "netTotals",
    value: {
      totalBytesReceived: 9_007_199_254_740_991,
      totalBytesSent: 1,
      timeMillis: 2,
      uploadTarget: {
        timeframe: 86400,
        target: 5e9,
        targetReached: true,
        serveHistoricalBlocks: false,
        bytesLeftInCycle: 0,
        timeLeftInCycle: 60,
      },
    },
  });
  const notes: string[] = [];
  netTotals({}, (path) => notes.push(path));
  assertEquals(notes, ["uploadtarget"]);
});

Deno.test("memoryInfo() reads Core 31 and Knots 29", () => {
  assertEquals(memoryInfo(recorded("core31", "getmemoryinfo"), noNotes), {
    case: "memoryInfo",
    value: { used: 608, free: 261536, total: 262144, locked: 262144, chunksUsed: 9, chunksFree: 3 },
  });
  assertEquals(memoryInfo(recorded("knots29", "getmemoryinfo"), noNotes), {
    case: "memoryInfo",
    value: { used: 352, free: 261792, total: 262144, locked: 262144, chunksUsed: 1, chunksFree: 1 },
  });
});

Deno.test("addrmanInfo() reads the networks of Core 31 and Knots 29", () => {
  const empty = ["ipv6", "onion", "i2p", "cjdns"].map((name) => [name, NO_ENTRIES] as const);
  const core = { new: 40, tried: 20, total: 60 };
  assertEquals(addrmanInfo(recorded("core31", "getaddrmaninfo"), noNotes), {
    case: "addrmanInfo",
    value: { networks: new Map([["ipv4", core], ...empty, ["all_networks", core]]) },
  });
  const knots = { new: 60, tried: 0, total: 60 };
  assertEquals(addrmanInfo(recorded("knots29", "getaddrmaninfo"), noNotes), {
    case: "addrmanInfo",
    value: { networks: new Map([["ipv4", knots], ...empty, ["all_networks", knots]]) },
  });
});

Deno.test("addrmanInfo() leaves out and notes a network that is no object", () => {
  const notes: string[] = [];
  const event = addrmanInfo({ ipv4: 3, onion: { new: "1", tried: 2 } }, (path) => notes.push(path));
  assertEquals(event, {
    case: "addrmanInfo",
    value: { networks: new Map([["onion", { new: 0, tried: 2, total: 0 }]]) },
  });
  assertEquals(notes, ["*", "*.new"]);
});
