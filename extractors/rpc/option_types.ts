import { didYouMean } from "../../runtime/nearest.ts";
import { type Option, splitAddress } from "../../runtime/options.ts";
import { CALL_NAMES } from "./calls.ts";

/** An address of an RPC interface; without a scheme it is plain HTTP. */
export function nodeUrl(help: string): Option<string> {
  return {
    help,
    default: "http://127.0.0.1:8332",
    placeholder: "URL",
    parse(text) {
      const href = text.includes("://") ? text : `http://${text}`;
      const url = URL.parse(href);
      if (url === null || !["http:", "https:"].includes(url.protocol) || url.hostname === "") {
        throw new SyntaxError("expected http://HOST:PORT, https://HOST:PORT or HOST:PORT");
      }
      if (url.username !== "" || url.password !== "") {
        throw new SyntaxError(
          "user and password do not belong into an address, set --rpc.user and its password",
        );
      }
      if (!text.includes("://")) splitAddress(text);
      return href;
    },
  };
}

/** Refuses a name that no RPC has. */
export function checkCallName(name: string): void {
  if (!CALL_NAMES.includes(name)) {
    throw new SyntaxError(`unknown RPC "${name}"${didYouMean(name, CALL_NAMES)}`);
  }
}

/** Host and port of an URL, as a net permission names them. */
export function hostAndPort(address: string): string {
  const { protocol, hostname, port } = new URL(address);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}
