/**
 * The part of an array that a decoded list offers. Arrays are sequences too, so a message that is built by
 * hand can simply hold one.
 */
export interface Sequence<T> extends Iterable<T> {
  /** Number of elements. */
  readonly length: number;
  /** The element at an index, counted from the end if negative; undefined outside. */
  at(index: number): T | undefined;
}

/**
 * A sequence that makes its elements when they are asked for. A payload of 4 MB can announce 400,000
 * elements; as objects they would take a hundred times the memory of the bytes they were read from.
 */
export class LazySequence<T> implements Sequence<T> {
  readonly #elementAt: (index: number) => T;

  /** Describes `length` elements; `elementAt` is only called with an index below `length`. */
  constructor(readonly length: number, elementAt: (index: number) => T) {
    this.#elementAt = elementAt;
  }

  /** The element at an index, made anew at each call. */
  at(index: number): T | undefined {
    const at = index < 0 ? this.length + index : index;
    return at >= 0 && at < this.length ? this.#elementAt(at) : undefined;
  }

  /** Makes the elements one after the other. */
  *[Symbol.iterator](): Iterator<T> {
    for (let index = 0; index < this.length; index++) yield this.#elementAt(index);
  }
}
