import { assertEquals, assertStringIncludes } from "@std/assert";
import { quote, setting } from "./checks/check.ts";
import { findNode, type Machine } from "./find.ts";
import { type NodeProcess, parseProcesses } from "./processes.ts";

const PASSWD = [
  "root:x:0:0::/root:/bin/sh",
  "alice:x:1000:1000::/home/alice:/bin/sh",
  "mallory:x:1001:1001::/home/mallory:/bin/sh",
  "bitcoin:x:1002:1002::/home/bitcoin:/bin/sh",
].join("\n");

function machine(...processes: NodeProcess[]): Machine {
  return { home: "/home/alice", uid: 1000, passwd: PASSWD, processes };
}

function node(pid: number, uid: number, ...args: string[]): NodeProcess {
  return { pid, uid, args, program: "bitcoind" };
}

const chosen = (wanted: Parameters<typeof findNode>[0], ...processes: NodeProcess[]) =>
  findNode(wanted, machine(...processes)).node?.process?.pid;

Deno.test("findNode() prefers the own folder, then own nodes, then the main chain", () => {
  assertEquals(chosen({}, node(1, 102, "-datadir=/a"), node(2, 1000, "-regtest")), 2);
  assertEquals(chosen({}, node(1, 102, "-datadir=/a"), node(2, 1000, "-datadir=/b", "-regtest")), 2);
  assertEquals(chosen({}, node(1, 102, "-datadir=/a", "-signet"), node(2, 102, "-datadir=/b")), 2);
  assertEquals(chosen({}, node(9, 102, "-datadir=/a"), node(8, 102, "-datadir=/b")), 8);
});

Deno.test("findNode() goes by folder, chain or a file that somebody named", () => {
  const both = [node(1, 102, "-datadir=/a"), node(2, 102, "-datadir=/b", "-signet")];
  assertEquals(chosen({ datadir: "/b/" }, ...both), 2);
  assertEquals(chosen({ chain: "signet" }, ...both), 2);
  assertEquals(chosen({ file: "/b/signet/.cookie" }, ...both), 2);
  assertEquals(chosen({ datadir: "/b", chain: "regtest" }, ...both), undefined);
});

Deno.test("findNode() takes no stranger's node that was not named: its settings say which of our files is sent where", () => {
  const theirs = node(
    1,
    1001,
    "-datadir=/tmp/x",
    "-rpccookiefile=/home/alice/.ssh/id_ed25519",
    "-rpcport=666",
  );
  assertEquals(chosen({}, theirs), undefined);
  assertEquals(findNode({}, machine(theirs)).strangers.includes("/tmp/x"), true);
  assertEquals(chosen({ datadir: "/tmp/x" }, theirs), 1);
  assertEquals(chosen({}, node(1, 1002, "-datadir=/a")), 1, "a user with a node's name is no person");
});

Deno.test("parseProcesses() knows a node by its process's name, and survives any text", () => {
  const lines = [
    "  7  1000 vim             vim bitcoind",
    "  8   102 bitcoind        /usr/bin/bitcoind -daemon=0 -datadir=/srv/a b -conf=/etc/b.conf",
    "  9   102 ld-linux-x86-64 /lib/ld-linux-x86-64.so.2 --library-path /lib /opt/bitcoind -signet",
    " 10   102 ld-linux-x86-64 /lib/ld-linux-x86-64.so.2 /bin/true",
    "nonsense \u202e",
    "",
  ];
  assertEquals(parseProcesses(lines.join("\n")).map(({ pid, program, args }) => [pid, program, ...args]), [
    [8, "/usr/bin/bitcoind", "-daemon=0", "-datadir=/srv/a b", "-conf=/etc/b.conf"],
    [9, "/opt/bitcoind", "-signet"],
  ]);
});

Deno.test("what is to be pasted runs nothing but what it says, whatever a path holds", async () => {
  for (const word of ["$(touch /tmp/x)", "a'b", "`id`", "a b", "a\nb", '"', "\\", "-", "plain", "!x"]) {
    const { stdout } = await new Deno.Command("sh", { args: ["-c", `printf %s ${quote(word)}`] }).output();
    assertEquals(new TextDecoder().decode(stdout), word);
  }
  const found = findNode({ datadir: "/tmp/$(id)" }, machine(node(1, 1000, "-datadir=/tmp/$(id)")));
  assertStringIncludes(setting(found.node, ["debug=net"]).paste!, "'/tmp/$(id)/bitcoin.conf'");
});
