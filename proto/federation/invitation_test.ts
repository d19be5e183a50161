import { assert, assertEquals } from "@std/assert";
import { invitationText, newInvitation, parseInvitation, sponsor } from "./invitation.ts";
import { keyPair, newSeed, verify } from "./keys.ts";
import { sponsorProof } from "./proofs.ts";

Deno.test("an invitation survives its text form, and so do its signatures", async () => {
  const [hub, member] = [await keyPair(newSeed("hub")), await keyPair(newSeed("operator"))];
  const signed = await sponsor(await sponsor(newInvitation(hub.publicKey, 1_800_000_000), hub), member);
  const read = parseInvitation(` ${invitationText(signed)}\n`)!;
  assertEquals(read.expires, 1_800_000_000);
  assertEquals(read.sponsors.map(({ key }) => key.toHex()), [
    hub.publicKey.toHex(),
    member.publicKey.toHex(),
  ]);
  for (const { key, signature } of read.sponsors) assert(await verify(key, signature, sponsorProof(read)));
  const later = sponsorProof({ ...read, expires: read.expires + 1 });
  assert(
    !await verify(read.sponsors[0]!.key, read.sponsors[0]!.signature, later),
    "a later end is not signed",
  );
});

Deno.test("parseInvitation() refuses what is none", () => {
  for (
    const text of [
      "",
      "waggle-invitation-%%",
      "waggle-invitation-_w",
      `waggle-invitation-${"A".repeat(5000)}`,
    ]
  ) {
    assertEquals(parseInvitation(text), undefined, text.slice(0, 40));
  }
});
