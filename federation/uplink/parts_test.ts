import { assert, assertEquals, assertRejects } from "@std/assert";
import { encodeEvent } from "../../proto/event.ts";
import { keyText, newSeed } from "../../proto/federation/keys.ts";
import type { NetworkInfo } from "../../proto/schema.ts";
import { logFor } from "../../runtime/log.ts";
import { BinClock } from "./bin_clock.ts";
import { FILES, UplinkFolder } from "./folder.ts";
import { OperatorKeys } from "./operator_keys.ts";
import { Secrets } from "./secrets.ts";

const BIN_MS = 600_000;
const START = 3_000_000 * BIN_MS;

async function withFolder(work: (folder: UplinkFolder) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await work(new UplinkFolder(`${path}/up`));
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("UplinkFolder makes a key once, for its owner's eyes, and refuses one that others could read", async () => {
  await withFolder(async (folder) => {
    const key = await folder.makeKey();
    assert(/^SU[A-Z2-7]{56}\n$/.test(folder.readText(FILES.seed)!));
    assertEquals(Deno.statSync(folder.path).mode! & 0o777, 0o700);
    assertEquals(Deno.statSync(folder.of(FILES.seed)).mode! & 0o777, 0o600);
    await assertRejects(() => folder.makeKey(), Error, "is there already");
    assertEquals(
      keyText("operator", (await folder.readKey())!.publicKey),
      keyText("operator", key.publicKey),
    );
    Deno.chmodSync(folder.of(FILES.seed), 0o640);
    await assertRejects(() => folder.readKey(), Error, "others can read it, run chmod 600");
  });
});

Deno.test("UplinkFolder has the names of files on the disk, too, where losing one would matter", async () => {
  const { prototype } = Deno.FsFile;
  const { syncSync } = prototype;
  let folders = 0;
  prototype.syncSync = function () {
    if (this.statSync().isDirectory) folders++;
    syncSync.call(this);
  };
  const syncs = (work: () => void) => {
    const before = folders;
    work();
    return folders - before;
  };
  try {
    await withFolder(async (folder) => {
      const key = await folder.makeKey();
      assertEquals(folders, 1, "the key");
      assertEquals(syncs(() => folder.create(FILES.nextSeed, newSeed("operator"))), 1);
      assertEquals(syncs(() => folder.writeJson(FILES.state, {}, { sync: true })), 1);
      assertEquals(syncs(() => folder.writeJson(FILES.status, {})), 0);
      assertEquals(syncs(() => folder.rotateKey()), 1);
      assert((await folder.readKey())!.publicKey.toHex() !== key.publicKey.toHex());
      assertEquals(Deno.statSync(folder.of(FILES.oldSeed)).mode! & 0o777, 0o600);
    });
  } finally {
    prototype.syncSync = syncSync;
  }
});

Deno.test("UplinkFolder says what is wrong with a key without repeating it", async () => {
  await withFolder(async (folder) => {
    folder.make();
    folder.create(FILES.seed, newSeed("hub"));
    const error = await assertRejects(() => folder.readKey(), Error, "not an operator's");
    assert(!error.message.includes(folder.readText(FILES.seed)!));
  });
});

Deno.test("UplinkFolder is one uplink's, and takes nonsense in its files for nothing", async () => {
  await withFolder((folder) => {
    folder.make();
    {
      using _lock = folder.lock()!;
      assert(folder.isInUse());
      assertEquals(folder.lock(), undefined);
    }
    assert(!folder.isInUse());
    for (const text of ["", "{", "null", "[]", '{"url":1}', '{"url":"ws://x/","key":"NA"}']) {
      Deno.writeTextFileSync(folder.of(FILES.hub), text);
      assertEquals(folder.readMembership(), undefined, text);
    }
    return Promise.resolve();
  });
});

Deno.test("UplinkFolder keeps two files of what the hub refused, and no more", async () => {
  await withFolder((folder) => {
    folder.make();
    for (let i = 0; i < 40; i++) folder.bury({ summary: "x".repeat(100_000) });
    const sizes = [...Deno.readDirSync(folder.path)].map(({ name }) =>
      Deno.statSync(`${folder.path}/${name}`).size
    );
    assertEquals(sizes.length, 2);
    assert(sizes.every((size) => size <= 1_200_000), String(sizes));
    return Promise.resolve();
  });
});

Deno.test("BinClock sends each bin once, at the hub's phase and a little later", () => {
  const clock = new BinClock(START + 1000, { phaseSeconds: 60, random: () => 0.5 });
  assertEquals(clock.sendAt, START + BIN_MS + 70_000);
  assertEquals(clock.due(START + BIN_MS + 69_999), undefined);
  assertEquals(clock.due(START + BIN_MS + 70_000), 3_000_000);
  assertEquals(clock.due(START + BIN_MS + 70_000), undefined);
  clock.phaseSeconds = 0;
  assertEquals(clock.sendAt, START + 2 * BIN_MS + 20_000, "late events have ten seconds");
});

Deno.test("BinClock makes up for a sleep, of a week at most, and for a clock that was set back", () => {
  const clock = new BinClock(START, { phaseSeconds: 60, random: () => 0 });
  const all = (now: number) => {
    const bins = [];
    for (let bin = clock.due(now); bin !== undefined; bin = clock.due(now)) bins.push(bin);
    return bins;
  };
  assertEquals(all(START + 3 * BIN_MS + 60_000), [3_000_000, 3_000_001, 3_000_002]);
  assertEquals(all(START + 5000 * BIN_MS).length, 1007);
  assertEquals(all(START), []);
  assertEquals(clock.bin, 3_000_000);
});

Deno.test("Secrets learns the nodes' addresses from what they say of themselves", () => {
  const secrets = new Secrets({ canaries: ["my-node-name"], addresses: ["203.0.113.9"] });
  const frame = (text: string) => new TextEncoder().encode(`…${text}…`);
  assertEquals(secrets.find(frame("198.51.100.77")), undefined);
  const info = {
    version: 300_000,
    subversion: "/Satoshi:30.0.0/",
    networks: [],
    localServices: [],
    localServicesNames: [],
    warnings: [],
    localAddresses: [{ address: "198.51.100.77", port: 8333, score: 1 }],
  } as unknown as NetworkInfo;
  const event = {
    timestamp: START,
    kind: "rpc",
    value: { rpcEvent: { case: "networkInfo", value: info } },
  } as const;
  assertEquals(
    [encodeEvent(event), encodeEvent(event), Uint8Array.of(0xff)].map((bytes) => secrets.learn(bytes)),
    [
      true,
      false,
      false,
    ],
  );
  assertEquals([...secrets.addresses], ["203.0.113.9", "198.51.100.77"]);
  for (const secret of ["198.51.100.77", "203.0.113.9", "my-node-name"]) {
    const found = secrets.find(frame(secret));
    assert(found !== undefined && !found.includes(secret), secret);
  }
});

Deno.test("OperatorKeys gives a new key up for a day where the hub refuses it, and keeps the old one", async () => {
  await withFolder(async (folder) => {
    const key = await folder.makeKey();
    folder.create(FILES.nextSeed, newSeed("operator"));
    let now = START;
    const keys = new OperatorKeys(folder, { log: logFor("uplink", () => {}), now: () => now });
    const name = async () => {
      const { key: current, newKey } = await keys.current();
      return `${current.publicKey.toHex() === key.publicKey.toHex() ? "old" : "new"}${
        newKey ? " and next" : ""
      }`;
    };
    assertEquals(await name(), "old and next");
    assertEquals(keys.onRefused(), true);
    assertEquals(await name(), "new");
    assertEquals(keys.onRefused(), true);
    assertEquals(await name(), "old");
    assertEquals(keys.onRefused(), false, "with the old key alone, a no is a no");
    now += 86_400_000;
    assertEquals(await name(), "old and next");
  });
});

Deno.test("OperatorKeys says so where the key is gone", async () => {
  await withFolder(async (folder) => {
    folder.make();
    const keys = new OperatorKeys(folder, { log: logFor("uplink", () => {}) });
    await assertRejects(() => keys.current(), Error, "is gone");
  });
});
