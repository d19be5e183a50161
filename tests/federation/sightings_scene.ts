/**
 * Operators who saw something, a randomness service and what goes to a hub: all real, without sockets in between.
 *
 * @module
 */

import { Behaviour, type Sightings } from "../../proto/federation/schema.ts";
import { parseIp } from "../../proto/subnet.ts";
import { PER_PART } from "../../federation/sightings/part.ts";
import {
  blind,
  evaluate,
  finish,
  inputOf,
  newOprfKey,
  type OprfKey,
} from "../../federation/sightings/oprf.ts";
import { seal, type Sealed } from "../../federation/sightings/share.ts";
import { encodeSighting, networkOf } from "../../federation/sightings/sighting.ts";

/** Rules for sightings with an epoch of 1000 seconds and one part. */
export const RULES = {
  randomnessKey: new Uint8Array(32).fill(9),
  epochSeconds: 1000,
  perEpoch: PER_PART,
};

/** What is reported of an address. */
export function contentOf(address: string, behaviour: number = Behaviour.PING_SPAM): Uint8Array<ArrayBuffer> {
  return encodeSighting({ network: networkOf(parseIp(address)!), behaviour });
}

/** A randomness service that answers whatever it is asked. */
export class Oracle {
  readonly key: OprfKey = newOprfKey();

  /** Sealed sightings, as an operator makes them. */
  seal(contents: readonly Uint8Array[], { k, epoch }: { k: number; epoch: number }): Sealed[] {
    const asked = contents.map((content) => blind(inputOf(epoch, content)));
    const answer = evaluate(this.key, asked.map(({ blinded }) => blinded));
    return finish(asked, answer, this.key.publicKey).map((output, i) => seal(output, contents[i]!, { k }));
  }

  /** A full part in which these are. */
  part(contents: readonly Uint8Array[], { k, epoch }: { k: number; epoch: number }): Sightings {
    const padding = Array.from({ length: PER_PART - contents.length }, () => {
      return crypto.getRandomValues(new Uint8Array(10));
    });
    return {
      epoch,
      part: 0,
      key: this.key.publicKey,
      sealed: this.seal([...contents, ...padding], { k, epoch }),
    };
  }
}
