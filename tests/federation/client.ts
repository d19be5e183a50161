/**
 * An uplink for tests: small, honest unless it is told otherwise, and with everything it says and hears at hand.
 *
 * @module
 */

import { decodeFrame, encodeFrame, type FrameContent } from "../../proto/federation/frame.ts";
import { encodeInvitation } from "../../proto/federation/invitation.ts";
import type { KeyPair } from "../../proto/federation/keys.ts";
import { type Handshake, hubProof, operatorProof, rotationProof } from "../../proto/federation/proofs.ts";
import { verify } from "../../proto/federation/keys.ts";
import type { Invitation, Ready, Summary } from "../../proto/federation/schema.ts";
import { until } from "../parts/until.ts";

/** A frame of one kind. */
export type Content<C extends FrameContent["case"]> = Extract<FrameContent, { case: C }>["value"];

/** One WebSocket to a hub. */
export class Client implements AsyncDisposable {
  /** Everything heard and not taken yet. */
  readonly heard: FrameContent[] = [];
  /** How the connection ended. */
  closed: { code: number } | undefined;
  /** What both sides said, for a proof. */
  handshake: Handshake | undefined;
  readonly socket: WebSocket;

  /** Connects to `http://…` of a hub. */
  constructor(url: string) {
    this.socket = new WebSocket(`${url.replace(/^http/, "ws")}/uplink`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => {
      const decoded = decodeFrame(new Uint8Array(data));
      if (decoded.ok && decoded.content !== undefined) this.heard.push(decoded.content);
    };
    this.socket.onclose = ({ code }) => this.closed = { code };
    // A close follows.
    this.socket.onerror = (event) => event.preventDefault();
  }

  /** Resolves when the connection is open. */
  async opened(): Promise<this> {
    await until("the connection", () => this.socket.readyState === WebSocket.OPEN);
    return this;
  }

  /** Sends a frame. */
  send(content: FrameContent): void {
    this.socket.send(encodeFrame(content));
  }

  /** The next frame of a kind; others before it are dropped. */
  async next<C extends FrameContent["case"]>(name: C): Promise<Content<C>> {
    const found = await until(`a frame "${name}"`, () => {
      const at = this.heard.findIndex((content) => content.case === name);
      return at < 0 ? undefined : this.heard.splice(0, at + 1).at(-1)!;
    });
    return found.value as Content<C>;
  }

  /** Resolves when the hub has closed the connection; with which code. */
  async ended(): Promise<number> {
    return await until("the end", () => this.closed?.code);
  }

  /** Says hello, and checks who answers. */
  async hello(): Promise<Handshake> {
    await this.opened();
    const helloNonce = crypto.getRandomValues(new Uint8Array(32));
    this.send({ case: "hello", value: { version: 1, schemas: [1], nonce: helloNonce } });
    const { nonce, hubKey, policyHash, signature } = await this.next("challenge");
    const handshake = { hubKey, helloNonce, challengeNonce: nonce, policyHash };
    if (!await verify(hubKey, signature, hubProof(handshake))) throw new Error("The hub's proof is wrong");
    return this.handshake = handshake;
  }

  /** Proves who it is. */
  async auth(key: KeyPair, invitation?: Invitation): Promise<void> {
    await this.hello();
    const invited = invitation && { invitation: encodeInvitation(invitation) };
    this.send({ case: "auth", value: { ...await this.proof(key), ...invited } });
  }

  /** What `auth` says on this connection. */
  async proof(key: KeyPair): Promise<Content<"auth">> {
    return { operatorKey: key.publicKey, signature: await key.sign(operatorProof(this.handshake!)) };
  }

  /** Gets as far as `ready`. */
  async ready(key: KeyPair, invitation?: Invitation): Promise<Ready> {
    await this.auth(key, invitation);
    return await this.next("ready");
  }

  /** Sends a summary, and waits until it is stored. */
  async store(summary: Summary): Promise<void> {
    this.send({ case: "summary", value: summary });
    await until(`an ack of ${summary.sequence}`, async () => {
      return (await this.next("ack")).upTo >= summary.sequence;
    });
  }

  /** Asks for another key. */
  async rotate(from: KeyPair, to: KeyPair): Promise<void> {
    const proof = rotationProof(this.handshake!, to.publicKey);
    const [oldSignature, newSignature] = [await from.sign(proof), await to.sign(proof)];
    this.send({ case: "rotate", value: { newKey: to.publicKey, oldSignature, newSignature } });
  }

  /** Closes the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.close();
    await until("the connection to close", () => this.socket.readyState === WebSocket.CLOSED);
  }
}

/** A summary that says hardly anything. */
export function summary(sequence: number, bin: number, more: Partial<Summary> = {}): Summary {
  return {
    sequence,
    bin,
    schema: 1,
    thin: false,
    sources: [1, 2],
    values: [],
    blocks: [],
    tips: [],
    anomalies: [],
    ...more,
  };
}
