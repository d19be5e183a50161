/**
 * A data set on its way into a hub: real processes on both sides, either of which is killed in the middle.
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { UplinkFolder } from "../../federation/uplink/folder.ts";
import { openOrMake } from "../../federation/hub/folder.ts";
import { newInvitation, sponsor } from "../../proto/federation/invitation.ts";
import { bytesOf, idOf, type Offer } from "../../federation/datasets/offer.ts";
import type { DataSetList } from "../../federation/datasets/listed.ts";
import { temporaryFolder } from "../parts/archives.ts";
import { type Process, startProcess } from "../parts/process.ts";
import { run } from "../parts/run.ts";
import { freePort } from "../parts/until.ts";
import { Client } from "./client.ts";
import { exampleOffer, exampleSet } from "./data_sets.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const ENV = { NO_COLOR: "1" };

/** A hub as its operator starts it, with the rights of its task on another folder and address. */
async function startHub(folder: string, port: number, ...more: string[]): Promise<Process> {
  const net = [port, ...more[0] === "--hub.public" ? [more[1]!.split(":")[1]] : []];
  const rights = [
    `--allow-net=${net.map((port) => `127.0.0.1:${port}`)}`,
    `--allow-read=${folder}`,
    `--allow-write=${folder}`,
  ];
  const options = ["--hub.folder", folder, "--hub.address", `127.0.0.1:${port}`, "--hub.datasets", ...more];
  const args = ["run", "--no-prompt", "-P=hub", ...rights, "mod.ts", "hub", ...options];
  const hub = startProcess(Deno.execPath(), { args, cwd: ROOT, env: ENV, name: "hub" });
  await hub.waitForPort(port);
  return hub;
}

/** A command of the hub's operator beside it. */
async function admin(folder: string, ...words: string[]) {
  const args = ["run", "-A", "mod.ts", "hub", "datasets", ...words, "--hub.folder", folder];
  const { code, stdout, stderr } = await run(Deno.execPath(), args, { cwd: ROOT, env: ENV });
  return { code, stdout, said: stdout + stderr };
}

function contributing(port: number, set: string, ...more: string[]): Process {
  const rights = [`--allow-net=127.0.0.1:${port}`];
  const args = ["run", "--no-prompt", "-P=contribute", ...rights, "mod.ts", "contribute", set];
  const to = ["--contribute.hub", `http://127.0.0.1:${port}`, "--contribute.yes"];
  return startProcess(Deno.execPath(), {
    args: [...args, ...to, ...more],
    cwd: ROOT,
    env: ENV,
    name: "contribute",
  });
}

/** A way to a port on which so many bytes get through, and then nothing more until it is opened. */
function startGate(port: number, letThrough: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const opened = Promise.withResolvers<void>();
  let left = letThrough;
  const carry = async (from: Deno.Conn, to: Deno.Conn, isCounted: boolean) => {
    const buffer = new Uint8Array(16_384);
    try {
      for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
        if (isCounted && (left -= count) < 0) await opened.promise;
        for (let sent = 0; sent < count;) sent += await to.write(buffer.subarray(sent, count));
      }
    } catch {
      // One side died.
    }
    for (const side of [from, to]) close(side);
  };
  const serving = (async () => {
    const all: Promise<void>[] = [];
    for await (const near of listener) {
      open.add(near);
      const far = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => close(near));
      if (far === undefined) continue;
      open.add(far);
      all.push(carry(near, far, true), carry(far, near, false));
    }
    await Promise.all(all);
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    open: opened.resolve,
    async [Symbol.asyncDispose]() {
      opened.resolve();
      listener.close();
      open.forEach(close);
      await serving;
    },
  };
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}

/** How much of a data set has come. */
function arrived(folder: string, offer: Offer): number {
  let bytes = 0;
  for (const { name } of offer.files) {
    try {
      bytes += Deno.statSync(`${folder}/datasets/${idOf(offer)}/files/${name}`).size;
    } catch {
      // Not yet.
    }
  }
  return bytes;
}

function codeIn(text: string): string {
  return text.slice(text.indexOf("http")).trim();
}

Deno.test("a data set arrives although client and hub are killed, waits, and is published byte for byte", async () => {
  await using folder = await temporaryFolder();
  const [set, hubFolder, port] = [`${folder.path}/set`, `${folder.path}/hub`, freePort()];
  await exampleSet(set, { events: 7000, level: 0 });
  const offer = await exampleOffer(set);
  const [id, size] = [idOf(offer), bytesOf(offer)];
  assert(size > 3_000_000, `${size}`);
  {
    await using hub = await startHub(hubFolder, port);
    const code = codeIn((await admin(hubFolder, "invite", "--hub.url", `http://127.0.0.1:${port}`)).stdout);

    // The client is killed: one piece has come, the next one hangs.
    {
      await using gate = startGate(port, 1_500_000);
      await using client = contributing(gate.port, set, "--contribute.code", code);
      await client.until("a piece", () => arrived(hubFolder, offer) > 1_000_000);
      client.kill("SIGKILL");
      await client.status;
    }
    const before = arrived(hubFolder, offer);
    assert(before < size, `${before} of ${size}`);

    // The hub is killed: the same client goes on when there is one again.
    await using gate = startGate(port, 1_500_000);
    await using client = contributing(gate.port, set, "--contribute.code", code);
    await client.until("another piece", () => arrived(hubFolder, offer) > before);
    assertStringIncludes(client.output, `The hub has ${before} of ${size} bytes already`);
    hub.kill("SIGKILL");
    await hub.status;
    gate.open();
    const publicly = `127.0.0.1:${freePort()}`;
    await using again = await startHub(hubFolder, port, "--hub.public", publicly);
    const { code: ended } = await client.status;
    assertEquals(ended, 0, `${client.output}\n${again.output}`);
    assertMatch(client.output, /found nothing in it; its operator decides now/);

    // Nobody sees it before the operator has looked.
    const download = async (path: string) => {
      const answer = await fetch(`http://${publicly}/${path}`);
      return answer.ok ? await answer.bytes() : void await answer.body?.cancel();
    };
    await again.waitForPort(Number(publicly.split(":")[1]));
    assertEquals(await download("datasets.json"), undefined);
    assertMatch((await admin(hubFolder)).stdout, new RegExp(`${id}  waiting`));
    assertMatch((await admin(hubFolder, "show", id.slice(0, 6))).stdout, /Events +7000,/);
    const { code: released, said } = await admin(hubFolder, "release", id.slice(0, 6));
    assertEquals(released, 0, said);
    const list: DataSetList = JSON.parse(new TextDecoder().decode(await download("datasets.json")));
    assertEquals(list.dataSets.map(({ id, files }) => [id, files]), [[id, [...offer.files]]]);
    for (const { name } of offer.files) {
      assertEquals(await download(`datasets/${id}/${name}`), await Deno.readFile(`${set}/${name}`));
    }
    assert(!again.output.includes("127.0.0.1:9"), "no address of a client");
  }
  const info = ["run", "-P=archiveinfo", "mod.ts", "archiveinfo", `${hubFolder}/public/datasets/${id}`];
  const { code, stdout } = await run(Deno.execPath(), info, { cwd: ROOT, env: ENV });
  assertEquals(code, 0);
  assertMatch(stdout, /status +complete[^]*events +7,000/);
});

Deno.test("a member contributes with the key of its uplink; what is too large, changed or foreign is refused", async () => {
  await using folder = await temporaryFolder();
  const [set, hubFolder, port] = [`${folder.path}/set`, `${folder.path}/hub`, freePort()];
  await exampleSet(set, { events: 2000, level: 0 });
  const opened = await openOrMake(hubFolder);
  const { key } = opened;
  await opened.store[Symbol.asyncDispose]();
  const uplink = new UplinkFolder(`${folder.path}/uplink`);
  const operator = await uplink.makeKey();
  uplink.writeMembership({
    url: new URL(`ws://127.0.0.1:${port}/uplink`),
    hubKey: key.publicKey,
    invitation: undefined,
  });
  const asMember = ["--contribute.folder", uplink.path];
  const outcome = async (...more: string[]) => {
    await using client = contributing(port, set, ...more);
    return `${(await client.status).code} ${client.output}`;
  };
  {
    await using _hub = await startHub(hubFolder, port, "--hub.dataset-file-mb", "1");
    assertMatch(await outcome(...asMember), /^1 [^]*neither a member's signature nor a code/);
    await using client = new Client(`http://127.0.0.1:${port}`);
    await client.ready(
      operator,
      await sponsor(newInvitation(key.publicKey, Date.now() / 1000 + 60 | 0), key),
    );
    assertMatch(await outcome(...asMember), /^1 [^]*redacted-0001.bin has \d+ bytes, and 1000000 are taken/);
  }
  await using _hub = await startHub(hubFolder, port);
  const readme = await Deno.readTextFile(`${set}/README.md`);
  await Deno.writeTextFile(`${set}/README.md`, `${readme}Written by Wilhelmina\n`);
  assertMatch(
    await outcome(...asMember),
    /^1 [^]*Cannot contribute "[^"]+": README.md is not as redact writes it/,
  );
  await Deno.writeTextFile(`${set}/README.md`, readme);
  assertMatch(
    await outcome(...asMember),
    /^0 [^]*Where to: http:\/\/127[^]*as a member[^]*CC BY 4.0[^]*decides now/,
  );
  const other = codeIn(await codeOfAnother(`${folder.path}/other`));
  assertMatch(await outcome("--contribute.code", other), /^1 [^]*neither a member's signature nor a code/);
  const { said } = await admin(
    hubFolder,
    "refuse",
    idOf(await exampleOffer(set)).slice(0, 6),
    "--hub.why",
    "it is made up",
  );
  assertMatch(said, /is deleted/);
  assertMatch((await admin(hubFolder)).stdout, /refused/);
});

Deno.test({
  name: "on a terminal, the question comes behind what it is about, and no answer but yes sends anything",
  // A terminal that nobody looks at; elsewhere this program has other options.
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using folder = await temporaryFolder();
    const set = `${folder.path}/set`;
    await exampleSet(set, { events: 50 });
    const code = codeIn(await codeOfAnother(`${folder.path}/hub`)).replace(/:\d+#/, `:${freePort()}#`);
    const command = `'${Deno.execPath()}' run -A mod.ts contribute '${set}' --contribute.code '${code}'`;
    const args = ["-qec", command, "/dev/null"];
    const { code: ended, stdout } = await run("script", args, { cwd: ROOT, env: ENV, input: "\n" });
    assertEquals(ended, 0, stdout);
    assertMatch(
      stdout,
      /Data set [^]*Where to: [^]*What becomes of it: [^]*Send it\? \[y\/N\] [^]*Nothing was sent/,
    );
  },
});

/** A code of another hub. */
async function codeOfAnother(folder: string): Promise<string> {
  const opened = await openOrMake(folder);
  await opened.store[Symbol.asyncDispose]();
  return (await admin(folder, "invite")).stdout;
}
