import { assertEquals, assertStringIncludes } from "@std/assert";
import { distributionSources, parseAptSources, withSuite } from "./apt_source.ts";

const DEB822 = `
# made by the installer
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
`;

const ONE_LINE = `
# deb http://comment.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb [arch=amd64] http://vendor.example/debian/12/prod bookworm main
deb [ arch=amd64 signed-by=/a.gpg,/b.gpg ] http://mirror.example/debian/ bookworm main # ours
deb http://vendor.example/linux/debian bookworm stable
`;

Deno.test("parseAptSources() reads deb822 stanzas and leaves out what is switched off", () => {
  const sources = parseAptSources(DEB822, "deb822");
  assertEquals(sources.map((source) => source.get("uris")), [
    "http://mirror.example/debian",
    "http://mirror.example/debian-security",
  ]);
});

Deno.test("parseAptSources() reads one-line entries and leaves out comments and source packages", () => {
  const sources = parseAptSources(ONE_LINE, "one-line");
  assertEquals(sources.length, 3);
  assertEquals(sources[1]?.get("signed-by"), "/a.gpg /b.gpg");
});

Deno.test("distributionSources() takes the archive's main suite, not security updates", () => {
  const [first, ...rest] = distributionSources(parseAptSources(DEB822, "deb822"), "bookworm");
  assertEquals(first?.get("uris"), "http://mirror.example/debian");
  assertEquals(rest, []);
});

Deno.test("distributionSources() ranks a third party's look-alike behind the archive", () => {
  const sources = distributionSources(parseAptSources(ONE_LINE, "one-line"), "bookworm");
  assertEquals(sources.map((source) => source.get("uris")), [
    "http://mirror.example/debian/",
    "http://vendor.example/debian/12/prod",
  ]);
});

Deno.test("withSuite() keeps the address and the key, a key block included", () => {
  const block = "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQIN\n -----END PGP PUBLIC KEY BLOCK-----";
  const [source] = parseAptSources(
    `Types: deb\nURIs: mirror+file:/etc/apt/mirrors/debian.list\nSuites: bookworm\nComponents: main\nSigned-By:${block}\n`,
    "deb822",
  );
  const text = withSuite(source!, "sid");
  assertStringIncludes(text, "suites: sid\ncomponents: main\n");
  assertStringIncludes(text, "uris: mirror+file:/etc/apt/mirrors/debian.list\n");
  assertStringIncludes(text, `signed-by: ${block}\n`);
});
