const BUFFER_BYTES = 64 * 1024;
const LONGEST_PAUSE_MS = 16;
const LITTLE_BYTES = 20 * 1024;
const MUCH_BYTES = 36 * 1024;

/**
 * Hands over what a stream gives until it ends or the signal is aborted; chunks are views that are valid during the
 * call.
 *
 * bpftrace writes line by line, and to be woken costs more than a line. So there is one buffer for all reads, and a
 * pause after each, in which lines gather in the pipe. The pause becomes shorter, down to none, before the pipe's
 * 64 KiB are full: then bpftrace would have to wait, and its own buffer would fill. Events have their time from the
 * kernel, they do not become older by this.
 */
export async function eachChunk(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (chunk: Uint8Array) => void,
  until: AbortSignal,
): Promise<void> {
  const reader = stream.getReader({ mode: "byob" });
  // Cancelling answers a pending read at once, though the read itself may wait in the kernel for its next byte.
  const stop = () => void reader.cancel().catch(() => {});
  if (until.aborted) stop();
  else until.addEventListener("abort", stop, { once: true });
  try {
    let pauseMs = LONGEST_PAUSE_MS;
    for (let buffer = new ArrayBuffer(BUFFER_BYTES);;) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done || value === undefined) return;
      take(value);
      if (value.length > MUCH_BYTES) pauseMs = Math.floor(pauseMs / 2);
      else if (value.length < LITTLE_BYTES && pauseMs < LONGEST_PAUSE_MS) pauseMs++;
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      buffer = value.buffer;
    }
  } finally {
    until.removeEventListener("abort", stop);
    stop();
  }
}
