/** Something that takes a stranger's bytes and must survive them. */
export interface Target {
  /** What it is called on the command line. */
  readonly name: string;
  /** Inputs to start from, as they are recorded or written by hand. */
  seeds(): Uint8Array[];
  /**
   * Takes an input; throwing is a crash. Only here is memory measured: what the target allocates, garbage
   * included, must stay below 16 MB and four times the input. Checks that allocate go into the function
   * that may be returned; it runs afterwards.
   */
  run(input: Uint8Array): (() => void) | void;
}
