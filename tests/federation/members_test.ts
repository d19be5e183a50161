import { assert, assertEquals, assertLess } from "@std/assert";
import { main } from "../../runtime/cli.ts";
import { program } from "../../mod.ts";
import { decode } from "../../proto/federation/frame.ts";
import * as codec from "../../proto/federation/codec.ts";
import {
  newInvitation,
  parseInvitation,
  splitInvitationLink,
  sponsor,
} from "../../proto/federation/invitation.ts";
import { type KeyPair, keyPair, keyText, newSeed, verify } from "../../proto/federation/keys.ts";
import { policyProof } from "../../proto/federation/proofs.ts";
import { Anomaly, ByeCode, type Invitation, Metric, NackCode } from "../../proto/federation/schema.ts";
import { slotText } from "../../federation/hub/slot_text.ts";
import { OVERLAP_SECONDS } from "../../federation/hub/members.ts";
import { until } from "../parts/until.ts";
import { summary } from "./client.ts";
import { TestHub } from "./hub.ts";

const HOUR = 3600;
const newKey = () => keyPair(newSeed("operator"));

async function signed(
  hub: TestHub,
  by: readonly KeyPair[],
  change: Partial<Invitation> = {},
): Promise<Invitation> {
  let invitation = newInvitation(hub.key.publicKey, Math.floor(hub.now() / 1000) + HOUR);
  invitation = { ...invitation, ...change };
  for (const key of by) invitation = await sponsor(invitation, key);
  return invitation;
}

/** True if the key gets in. */
async function comesIn(hub: TestHub, key: KeyPair, invitation?: Invitation): Promise<boolean> {
  const client = hub.connect();
  await client.auth(key, invitation);
  const end = await until(
    "an answer",
    () => client.heard.find(({ case: name }) => name === "ready" || name === "bye"),
  );
  if (end.case === "bye") assertEquals(end.value.code, ByeCode.REFUSED);
  return end.case === "ready";
}

Deno.test("members: an invitation of the hub lets one operator in, who may come back without it", async () => {
  await using hub = await TestHub.start();
  const [key, other] = [await newKey(), await newKey()];
  const invitation = await hub.invitation();
  assertEquals(await comesIn(hub, key), false, "not without");
  assertEquals(await comesIn(hub, key, invitation), true);
  assertEquals(await comesIn(hub, key), true);
  assertEquals(await comesIn(hub, other, invitation), false, "it is used up");
});

Deno.test("members: an invitation of members needs as many as the policy says", async () => {
  await using hub = await TestHub.start();
  const [{ key: a }, { key: b }] = [await hub.member(), await hub.member()];
  assertEquals(await comesIn(hub, await newKey(), await signed(hub, [a])), false, "too few");
  assertEquals(await comesIn(hub, await newKey(), await signed(hub, [a, a])), false, "one, twice");
  assertEquals(
    await comesIn(hub, await newKey(), await signed(hub, [a, await newKey()])),
    false,
    "a stranger",
  );
  assertEquals(await comesIn(hub, await newKey(), await signed(hub, [a, b])), true);
  const sponsors = (await hub.store.members()).map(({ sponsors }) => sponsors.length).sort();
  assertEquals(sponsors, [0, 0, 2]);
});

Deno.test("members: an invitation that is over, for another hub, or changed afterwards is none", async () => {
  await using hub = await TestHub.start();
  const another = await keyPair(newSeed("hub"));
  assertEquals(await comesIn(hub, await newKey(), await signed(hub, [hub.key], { expires: 1 })), false);
  assertEquals(
    await comesIn(hub, await newKey(), await signed(hub, [another], { hubKey: another.publicKey })),
    false,
  );
  const invitation = await signed(hub, [hub.key]);
  const changed = { ...invitation, expires: invitation.expires + 1 };
  assertEquals(await comesIn(hub, await newKey(), changed), false);
  assertEquals(await comesIn(hub, await newKey(), { ...invitation, id: new Uint8Array(16) }), false);
});

Deno.test("members: revoking closes live sessions in less than 5 s, and for ever", async () => {
  await using hub = await TestHub.start();
  const [gone, stays] = [await hub.member(), await hub.member()];
  const since = performance.now();
  const text = keyText("operator", gone.key.publicKey);
  assertEquals(await main(program, ["hub", "revoke", text, "--hub.folder", hub.folder]), 0);
  assertEquals((await gone.client.next("bye")).code, ByeCode.REFUSED);
  await gone.client.ended();
  assertLess(performance.now() - since, 5000);
  assertEquals(await comesIn(hub, gone.key), false);
  await stays.client.store(summary(1, hub.bin));
});

Deno.test("members: revoking with --hub.invited takes all below along", async () => {
  await using hub = await TestHub.start({ policy: { sponsors: 1 } });
  const [a, b] = [await hub.member(), await hub.member()];
  const [child, grandchild] = [await newKey(), await newKey()];
  assert(await comesIn(hub, child, await signed(hub, [a.key])));
  assert(await comesIn(hub, grandchild, await signed(hub, [child])));
  const member = keyText("operator", a.key.publicKey);
  await main(program, ["hub", "revoke", member, "--hub.invited", "--hub.folder", hub.folder]);
  await until("three to go", () => hub.hub.sessions === 1);
  assertEquals(await comesIn(hub, grandchild), false);
  await b.client.store(summary(1, hub.bin));
});

Deno.test("members: another key takes over, the old one is good for 7 more days", async () => {
  await using hub = await TestHub.start();
  const { key: old, client } = await hub.member();
  await client.store(summary(5, hub.bin));
  const next = await newKey();
  await client.rotate(old, next);
  assertEquals((await client.next("bye")).code, ByeCode.ROTATED);
  const again = hub.connect();
  assertEquals((await again.ready(next)).resumeSequence, 5, "it is the same operator");
  assertEquals(await comesIn(hub, old), true);
  hub.aheadMs = (OVERLAP_SECONDS + HOUR) * 1000;
  assertEquals(await comesIn(hub, old), false);
  assertEquals(await comesIn(hub, next), true);
});

Deno.test("members: nobody takes another key that both did not sign, or that is somebody's", async () => {
  await using hub = await TestHub.start();
  const [a, b] = [await hub.member(), await hub.member()];
  await a.client.rotate(a.key, b.key);
  assertEquals((await a.client.next("bye")).code, ByeCode.REFUSED);
  const stranger = await newKey();
  await b.client.rotate(stranger, stranger);
  assertEquals((await b.client.next("bye")).code, ByeCode.REFUSED);
  assertEquals((await hub.store.members()).flatMap(({ keys }) => keys).length, 2);
});

Deno.test("policy: an uplink gets it signed with the challenge, and again when it changes", async () => {
  await using hub = await TestHub.start();
  const client = hub.connect();
  const { policyHash } = await client.hello();
  const { policy, signature } = await client.next("policy");
  assert(await verify(hub.key.publicKey, signature, policyProof(policy)));
  assertEquals(new Uint8Array(await crypto.subtle.digest("SHA-256", policy.slice())), policyHash);
  const { client: member } = await hub.member();
  await main(program, ["hub", "policy", "--hub.k-member", "9", "--hub.folder", hub.folder]);
  const changed = await member.next("policy");
  assertEquals(decode(codec.decodePolicy, changed.policy)!.kMember, 9);
});

Deno.test("bins: members get the closed bin, with an incident that enough of them see; the rest is late", async () => {
  await using hub = await TestHub.start();
  const bin = hub.bin;
  const members = [await hub.member(), await hub.member(), await hub.member()];
  for (const [i, { client }] of members.entries()) {
    const values = [{ metric: Metric.ADDRESSES, value: 10 + i }];
    await client.store(summary(1, bin, { values, anomalies: [Anomaly.ADDR_FLOOD] }));
  }
  assertEquals(await hub.hub.closeBins(), [], "not before its time");
  hub.aheadMs = 1_200_000;
  await hub.hub.closeBins();
  const feed = await members[0]!.client.next("feed");
  const last = await hub.store.closedThrough();
  assertEquals(feed.bin, last, "the last bin that is over");
  assert(last >= bin);
  const [closed] = await hub.store.closedBins(bin, bin);
  const { quartiles, incidents } = decode(codec.decodeFeed, closed!.feed)!;
  assertEquals(quartiles.map(({ median }) => median), [11]);
  assertEquals(incidents.map(({ anomaly, seenLog2, ofLog2 }) => [anomaly, seenLog2, ofLog2]), [[
    Anomaly.ADDR_FLOOD,
    2,
    2,
  ]]);
  await members[0]!.client.store(summary(2, bin));
  assertEquals((await hub.store.status()).late, 1);
  members[0]!.client.send({ case: "summary", value: summary(3, bin - 1009) });
  assertEquals((await members[0]!.client.next("nack")).code, NackCode.STALE);
  const another = hub.connect();
  await another.ready(members[1]!.key);
  assertEquals((await another.next("feed")).bin, last, "whoever comes gets the last one");
});

Deno.test("bins: a hub that was away waits for what is still to come before it closes", async () => {
  await using hub = await TestHub.start();
  const { client } = await hub.member();
  await client.store(summary(1, hub.bin - 100));
  assertEquals(await hub.hub.closeBins(), []);
  hub.aheadMs = 301_000;
  assertEquals((await hub.hub.closeBins())[0]!.operators, 1);
});

Deno.test("bins: what a member said that was revoked before the bin was closed does not count", async () => {
  await using hub = await TestHub.start();
  const members = [await hub.member(), await hub.member()];
  for (const { client } of members) await client.store(summary(1, hub.bin));
  const [first] = await hub.store.members();
  await main(program, ["hub", "revoke", slotText(first!.slot), "--hub.folder", hub.folder]);
  await until("one to go", () => hub.hub.sessions === 1);
  const bin = hub.bin;
  hub.aheadMs = 1_200_000;
  await hub.hub.closeBins();
  assertEquals((await hub.store.closedBins(bin, bin))[0]!.operators, 1);
});

Deno.test("bins: incidents go on after a restart, with the same number", async () => {
  const [folder, copy] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  const start = Math.floor(Date.now() / 600_000);
  const keys = await Promise.all([newKey(), newKey(), newKey()]);
  for (const round of [0, 1]) {
    await using hub = await TestHub.start({ folder: round === 0 ? folder : copy });
    for (const [i, key] of keys.entries()) {
      const client = hub.connect();
      await client.ready(key, round === 0 ? await hub.invitation() : undefined);
      await client.store(summary(1 + round, start + round, { anomalies: [Anomaly.FORK], sources: [1 + i] }));
    }
    hub.aheadMs = (start + round + 1) * 600_000 + 301_000 - Date.now() + 300_000;
    await hub.hub.closeBins();
    const incidents = await hub.store.incidents(0);
    assertEquals(incidents.map(({ id, closed }) => [id, closed]), [[1, undefined]]);
    assertEquals((await hub.store.incidentBins(1)).map(({ bin }) => bin - start), round === 0 ? [0] : [0, 1]);
    if (round === 1) continue;
    await hub.store.backup(`${copy}/hub.sqlite`);
    await Deno.copyFile(`${folder}/hub.seed`, `${copy}/hub.seed`);
  }
});

Deno.test("drain: everybody is sent away, to come back at different times", async () => {
  const hub = await TestHub.start();
  const clients = await Promise.all(Array.from({ length: 20 }, async () => (await hub.member()).client));
  const byes = clients.map((client) => client.next("bye"));
  hub.hub.drain();
  const times = (await Promise.all(byes)).map(({ code, reconnectAfterMs }) => {
    assertEquals(code, ByeCode.DRAIN);
    return reconnectAfterMs!;
  });
  assert(new Set(times).size > 10 && Math.max(...times) - Math.min(...times) > 10_000, times.join());
  const health = await fetch(`${hub.url}/health`);
  assertEquals([health.status, await health.text()], [503, '{"status":"draining"}']);
  await hub[Symbol.asyncDispose]();
});

Deno.test("commands: a hub is made, invites, shows itself and is copied, all by its folder", async () => {
  const folder = await Deno.makeTempDir();
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "mod.ts", "hub", ...args, "--hub.folder", `${folder}/hub`],
    }).output();
    return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
  };
  const early = await run("invite");
  assertEquals(early.code, 1);
  assert(early.err.includes("hub init"), early.err);
  const { out: name } = await run("init");
  assertEquals((await run("init")).out, name, "a second time changes nothing");
  assertEquals((await Deno.stat(`${folder}/hub/hub.seed`)).mode! & 0o777, 0o600);
  const { out: invitations } = await run("invite", "--hub.count", "2");
  const [first, second] = invitations.trim().split("\n").map((line) => parseInvitation(line)!);
  assertEquals(keyText("hub", first!.hubKey), name.trim());
  assert(first!.id.toHex() !== second!.id.toHex());
  const { out: link } = await run("invite", "--hub.url", "wss://hub.example/uplink");
  assertEquals(splitInvitationLink(link.trim()).hub, "wss://hub.example/uplink");
  assertEquals(splitInvitationLink(link.trim()).invitation?.hubKey, first!.hubKey);
  assertEquals((await run("invite", "--hub.url", "hub.example")).code, 1);
  assert((await run("status", "--hub.json")).out.includes(`"members":0`));
  const { out: rules } = await run("policy", "--hub.k-member", "7", "--hub.groups", "peers,blocks");
  assert(/kMember +7 /.test(rules) && rules.includes("Published: peers, blocks"), rules);
  assert((await run("policy", "--hub.groups", "none")).out.includes("Published: none"));
  assert((await run("policy")).out.includes("Published: none"), "as it was signed");
  const { out: backup } = await run("backup");
  assert((await Deno.stat(backup.trim())).size > 0);
  assertEquals((await run("backup", "--hub.to", backup.trim())).code, 1, "nothing is overwritten");
  assertEquals((await run("revoke", "0123456789ab")).code, 1);
  await Deno.remove(folder, { recursive: true });
});
