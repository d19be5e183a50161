import { assert } from "@std/assert";
import { parseConf } from "../../collector/conf.ts";
import { parseProcesses } from "../../collector/processes.ts";
import { Settings } from "../../collector/settings.ts";
import type { Target } from "./target.ts";

const SEEDS = [
  " 42 1000 bitcoind /usr/bin/bitcoind -datadir=/srv/my node -regtest -debug=net -noserver\n" +
  " 43 0 ld-linux-x86-64 /lib/ld-linux.so.2 --library-path /lib /opt/bitcoin-qt -chain=signet --conf=x\n",
  "server=1 # yes\r\n[regtest]\nrpcport=18443\nnolisten=1\naddnode=127.0.0.1:9333\n[main]\nregtest.debug=1\n" +
  "includeconf=more.conf\nchain=testnet4\nrpcbind=[::1]:7\n",
];
const NAMES = ["addnode", "chain", "datadir", "debug", "rpcbind", "rpcport", "server"];

/** What `ps` says and what a bitcoin.conf holds, both chosen by whoever has an account on the machine. */
export const nodeSettings: Target = {
  name: "node-settings",
  seeds: () => SEEDS.map((text) => new TextEncoder().encode(text)),
  run(input) {
    const text = new TextDecoder().decode(input);
    const lines = parseConf(text);
    const processes = parseProcesses(text);
    const all = [...processes, { args: [] }].slice(0, 3).map(({ args }) => new Settings(args, lines));
    return () => {
      for (const { pid, uid } of processes) {
        assert(Number.isSafeInteger(pid) && Number.isSafeInteger(uid), "numbers");
      }
      for (const { name, value } of lines) assert(!`${name}${value}`.includes("\n"), "one line");
      for (const settings of all) {
        assert(settings.chain !== undefined, "a chain");
        for (const name of NAMES) {
          assert(settings.all(name).every((value) => typeof value === "string"), "texts");
        }
      }
    };
  },
};
