import { assert, assertEquals } from "@std/assert";
import { elligatorSwift } from "@scure/btc-signer/p2p.js";
import { START_BYTES } from "../network.ts";
import { deriveKeys, keyAgreement } from "./keys.ts";
import { PacketReader, PacketWriter } from "./packets.ts";

/** The files are those beside BIP324, unchanged. */
function vectors(name: string): Record<string, string>[] {
  const text = Deno.readTextFileSync(new URL(`./fixtures/${name}_test_vectors.csv`, import.meta.url));
  const [head, ...rows] = text.trimEnd().split(/\r?\n/);
  const names = head!.split(",");
  return rows.map((row) => Object.fromEntries(row.split(",").map((cell, i) => [names[i]!, cell])));
}

const bytes = (hex = "") => Uint8Array.fromHex(hex);

for (const v of vectors("packet_encoding")) {
  const initiating = v.in_initiating === "1";
  const label = `packet ${v.in_idx} of ${initiating ? "an initiator" : "a responder"} with ${
    v.in_contents!.slice(0, 8)
  }… (BIP324's vectors)`;

  Deno.test(`deriveKeys() gives the keys of ${label}`, () => {
    const { sharedSecret } = keyAgreement(bytes(v.in_priv_ours), bytes(v.in_ellswift_ours));
    assertEquals(elligatorSwift.decode(bytes(v.in_ellswift_ours)).toHex(), v.mid_x_ours);
    assertEquals(elligatorSwift.decode(bytes(v.in_ellswift_theirs)).toHex(), v.mid_x_theirs);
    assertEquals(
      elligatorSwift.getSharedSecret(bytes(v.in_priv_ours), bytes(v.in_ellswift_theirs)).toHex(),
      v.mid_x_shared,
    );
    const secret = sharedSecret(bytes(v.in_ellswift_theirs), initiating);
    assertEquals(secret.toHex(), v.mid_shared_secret);
    const { sessionId, initiator, responder } = deriveKeys(secret, START_BYTES.mainnet);
    const [ours, theirs] = initiating ? [initiator, responder] : [responder, initiator];
    assertEquals(sessionId.toHex(), v.out_session_id);
    assertEquals(initiator.length.toHex(), v.mid_initiator_l);
    assertEquals(initiator.packet.toHex(), v.mid_initiator_p);
    assertEquals(responder.length.toHex(), v.mid_responder_l);
    assertEquals(responder.packet.toHex(), v.mid_responder_p);
    assertEquals(ours.terminator.toHex(), v.mid_send_garbage_terminator);
    assertEquals(theirs.terminator.toHex(), v.mid_recv_garbage_terminator);
  });

  Deno.test(`PacketWriter and PacketReader make and read ${label}`, () => {
    const keys = deriveKeys(bytes(v.mid_shared_secret), START_BYTES.mainnet);
    const direction = initiating ? keys.initiator : keys.responder;
    const index = Number(v.in_idx);
    const contents = bytes(v.in_contents!.repeat(Number(v.in_multiply)));
    const aad = bytes(v.in_aad);
    const ignore = v.in_ignore === "1";

    const writer = new PacketWriter(direction);
    const before = Array.from({ length: index }, () => writer.write(new Uint8Array()));
    const packet = writer.write(contents, { aad, ignore });
    if (v.out_ciphertext !== "") assertEquals(packet.toHex(), v.out_ciphertext);
    if (v.out_ciphertext_endswith !== "") assert(packet.toHex().endsWith(v.out_ciphertext_endswith!));

    const reader = new PacketReader(direction, {
      maxContentsBytes: 2 ** 24,
      aad: index === 0 ? aad : bytes(),
    });
    for (const empty of before) assertEquals(readWhole(reader, empty), { ignore: false, contents: bytes() });
    if (index > 0 && aad.length > 0) return;
    const read = readWhole(reader, packet);
    assert(typeof read === "object");
    assertEquals(read.ignore, ignore);
    assertEquals(read.contents.toHex(), contents.toHex());
  });
}

function readWhole(reader: PacketReader, packet: Uint8Array) {
  const { taken } = reader.take(packet, 0);
  const rest = reader.take(packet, taken);
  assertEquals(taken + rest.taken, packet.length);
  return rest.part;
}

Deno.test("elligatorSwift decodes as BIP324's vectors say", () => {
  for (const { ellswift, x } of vectors("ellswift_decode")) {
    assertEquals(elligatorSwift.decode(bytes(ellswift)).toHex(), x);
  }
});

Deno.test("elligatorSwift finds the encodings that BIP324's vectors list, and no others", () => {
  for (const vector of vectors("xswiftec_inv")) {
    for (let ellCase = 0; ellCase < 8; ellCase++) {
      const t = elligatorSwift._inv(BigInt(`0x${vector.x}`), BigInt(`0x${vector.u}`), ellCase);
      assertEquals(t?.toString(16).padStart(64, "0") ?? "", vector[`case${ellCase}_t`]);
    }
  }
});
