import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { CHAINS } from "./chains.ts";
import { parseConf, readConf } from "./conf.ts";
import { datadirOf, readNode } from "./node.ts";
import { Settings } from "./settings.ts";

Deno.test("parseConf() leaves out what makes no sense, and never throws", () => {
  for (
    const text of ["", "=", "=1", "[", "[]", "a", "\0\xff=\u202e", "[x\ny=1", "-server=1", "#a=1", ".=1"]
  ) {
    for (const { name, value } of parseConf(text)) {
      assertEquals([typeof name, typeof value], [
        "string",
        "string",
      ]);
    }
  }
  assertEquals(
    parseConf("a = 1 # b\r\n[ignored\nregtest.c=2").map(({ section, name, value }) => [section, name, value]),
    [
      ["", "a", "1"],
      ["regtest", "c", "2"],
    ],
  );
});

Deno.test("Settings: command line over the chain's section over the rest, first in the file, last on the line", () => {
  const conf = parseConf(
    "regtest=1\ndebug=net\nrpcport=1\nlogtimemicros=0\n[regtest]\nrpcport=2\nrpcport=3\ndebug=mempool",
  );
  const settings = new Settings(["-logtimemicros", "-debug=validation"], conf);
  assertEquals(settings.chain.name, "regtest");
  assertEquals(settings.get("rpcport"), "2");
  assertEquals(settings.isOn("logtimemicros"), true);
  assertEquals(settings.all("debug"), ["validation", "mempool", "net"]);
  assertEquals(new Settings(["-rpcport=4", "-rpcport=5"], conf).get("rpcport"), "5");
});

Deno.test("Settings: ports and peers outside of any section are for the main chain alone", () => {
  const conf = parseConf("rpcport=1\naddnode=a:1\nserver=0");
  assertEquals(new Settings([], conf).get("rpcport"), "1");
  const signet = new Settings(["-signet"], conf);
  assertEquals([signet.get("rpcport"), signet.all("addnode"), signet.get("server")], [undefined, [], "0"]);
});

Deno.test("Settings: every way of naming a chain, and of saying no", () => {
  const chain = (args: string[], text = "") => new Settings(args, parseConf(text)).chain.name;
  assertEquals(chain([]), "main");
  assertEquals(chain(["-testnet"]), "test");
  assertEquals(chain(["--chain=testnet4"]), "testnet4");
  assertEquals(chain(["-regtest=0"]), "main");
  assertEquals(chain(["-noregtest"], "signet=1"), "signet");
  assertEquals(chain([], "chain=regtest"), "regtest");
  assertEquals(chain([], "[regtest]\nregtest=1"), "main");
  assertEquals(chain([], "chain=nonsense"), "main");
});

Deno.test("readConf() reads what is included, and no file from there", async () => {
  const folder = await Deno.makeTempDir({ prefix: "waggle-conf-" });
  const write = (name: string, text: string) => Deno.writeTextFileSync(join(folder, name), text);
  write("bitcoin.conf", "includeconf=more.conf\n[signet]\nincludeconf=signet.conf\nincludeconf=none.conf");
  write("more.conf", "a=1\nincludeconf=deep.conf");
  write("deep.conf", "b=1");
  write("signet.conf", "c=1\n[signet]\nd=1\n[regtest]\ne=1");
  const { lines, hasSections, problem } = readConf(join(folder, "bitcoin.conf"), folder);
  const names = lines.filter(({ name }) => name !== "includeconf").map(({ name }) => name);
  assertEquals([names, hasSections, problem], [["a", "c", "d"], true, undefined]);
  assertEquals(readConf(join(folder, "nowhere"), folder).problem, "missing");
  assertEquals(readConf(folder, folder).problem, "unreadable");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("readNode() says where a node's things are", async () => {
  const folder = await Deno.makeTempDir({ prefix: "waggle-node-" });
  const at = (text: string, ...args: string[]) => {
    Deno.writeTextFileSync(join(folder, "bitcoin.conf"), text);
    return readNode({ args, datadir: folder, defaultDatadir: "/nowhere" });
  };
  const plain = at("");
  assertEquals([plain.cookieFile, plain.debugLog], [`${folder}/.cookie`, `${folder}/debug.log`]);
  assertEquals(plain.rpcUrl, "http://127.0.0.1:8332");
  const signet = at("rpccookiefile=c\ndebuglogfile=/var/log/b.log", "-signet", "-rpcport=9");
  assertEquals([signet.cookieFile, signet.debugLog, signet.rpcUrl], [
    `${folder}/signet/c`,
    "/var/log/b.log",
    "http://127.0.0.1:9",
  ]);
  assertEquals(at("rpcpassword=x").cookieFile, undefined);
  assertEquals(at("nodebuglogfile=1").debugLog, undefined);
  const bind = (...lines: string[]) => at(["rpcallowip=10.0.0.0/8", ...lines].join("\n")).rpcUrl;
  assertEquals(bind("rpcbind=10.0.0.1", "rpcbind=127.0.0.1:7"), "http://127.0.0.1:7");
  assertEquals(bind("rpcbind=10.0.0.1"), "http://10.0.0.1:8332");
  assertEquals(bind("rpcbind=[::1]:7"), "http://[::1]:7");
  assertEquals(bind("rpcbind=[fd00::1]:7"), "http://[fd00::1]:7");
  assertEquals(at("rpcbind=10.0.0.1").rpcUrl, "http://127.0.0.1:8332", "ignored without rpcallowip");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("datadirOf() knows the folders of chains", () => {
  assertEquals(datadirOf("/srv/b/.cookie", CHAINS), { datadir: "/srv/b" });
  const { datadir, chain } = datadirOf("/srv/b/testnet3/.cookie", CHAINS);
  assertEquals([datadir, chain?.name], ["/srv/b", "test"]);
});
