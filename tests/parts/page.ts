/**
 * One page of a browser.
 *
 * @module
 */
import type { CdpConnection, CdpValue } from "./cdp.ts";
import { until, type UntilOptions } from "./until.ts";

/** A request that the page made, whether or not it was answered. */
export interface PageRequest {
  readonly url: string;
  /** "Document", "Script", "Fetch", "WebSocket", … */
  readonly type: string;
}

export class Page {
  /** What the page wrote to the console, and what the browser did about it: "error: Refused to …". */
  readonly console: string[] = [];
  /** Exceptions that nobody caught. */
  readonly errors: string[] = [];
  readonly requests: PageRequest[] = [];
  readonly #connection: CdpConnection;
  readonly #sessionId: string;
  readonly #loaded = new Set<string>();

  /** @internal Use `Chromium.newPage()`. */
  constructor(connection: CdpConnection, sessionId: string) {
    this.#connection = connection;
    this.#sessionId = sessionId;
    const listeners: Record<string, (params: CdpValue) => void> = {
      "Page.lifecycleEvent": ({ name, loaderId }) => name === "load" && this.#loaded.add(loaderId),
      "Runtime.consoleAPICalled": ({ type, args }) =>
        this.console.push(`${type}: ${args.map(describe).join(" ")}`),
      "Log.entryAdded": ({ entry }) => this.console.push(`${entry.level}: ${entry.text} ${entry.url ?? ""}`),
      "Runtime.exceptionThrown": ({ exceptionDetails }) => this.errors.push(explain(exceptionDetails)),
      "Network.requestWillBeSent": ({ request, type }) => this.requests.push({ url: request.url, type }),
      "Network.webSocketCreated": ({ url }) => this.requests.push({ url, type: "WebSocket" }),
    };
    for (const [event, listener] of Object.entries(listeners)) connection.on(sessionId, event, listener);
  }

  /** Opens `url` and waits until it has loaded. */
  async goto(url: string, options?: UntilOptions): Promise<void> {
    const { errorText, loaderId } = await this.send("Page.navigate", { url });
    if (errorText) throw new Error(`Cannot open "${url}": ${errorText}`);
    if (loaderId === undefined) return; // only the part after "#" changed
    await until(`"${url}" to load`, () => this.#loaded.has(loaderId), options);
  }

  /** The value of a JavaScript expression in the page; a promise is awaited. */
  // deno-lint-ignore no-explicit-any -- the shape of the value is the caller's knowledge
  async evaluate<T = any>(expression: string): Promise<T> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", params);
    if (exceptionDetails) throw new Error(`Cannot evaluate "${expression}": ${explain(exceptionDetails)}`);
    return result.value;
  }

  /** Waits until an expression is truthy in the page, and returns its value. */
  // deno-lint-ignore no-explicit-any -- as for evaluate()
  async waitFor<T = any>(expression: string, options?: UntilOptions): Promise<T> {
    return await until(`"${expression}" in the page`, async () => {
      return (await this.evaluate<T>(expression)) || undefined;
    }, options);
  }

  /** Writes what the viewport shows to a PNG file, or the whole page. */
  async screenshot(path: string, { fullPage = false } = {}): Promise<void> {
    const params = { format: "png", captureBeyondViewport: fullPage };
    const { data } = await this.send("Page.captureScreenshot", params);
    await Deno.writeFile(path, Uint8Array.fromBase64(data));
  }

  /** Makes the page as large as a window of this size, in CSS pixels. */
  async setViewport(width: number, height: number): Promise<void> {
    const params = { width, height, deviceScaleFactor: 1, mobile: false };
    await this.send("Emulation.setDeviceMetricsOverride", params);
  }

  async emulateColorScheme(value: "light" | "dark"): Promise<void> {
    const features = [{ name: "prefers-color-scheme", value }];
    await this.send("Emulation.setEmulatedMedia", { features });
  }

  /** Calls any other method of the DevTools protocol for this page. */
  send(method: string, params?: object): Promise<CdpValue> {
    return this.#connection.send(method, params, this.#sessionId);
  }
}

/** @internal Use `Chromium.newPage()`. */
export async function openPage(connection: CdpConnection): Promise<Page> {
  const { browserContextId } = await connection.send("Target.createBrowserContext");
  const { targetId } = await connection.send("Target.createTarget", { url: "about:blank", browserContextId });
  const { sessionId } = await connection.send("Target.attachToTarget", { targetId, flatten: true });
  const page = new Page(connection, sessionId);
  for (const domain of ["Page", "Runtime", "Network", "Log"]) await page.send(`${domain}.enable`);
  await page.send("Page.setLifecycleEventsEnabled", { enabled: true });
  return page;
}

function describe({ value, description }: CdpValue): string {
  return value === undefined ? description ?? "undefined" : String(value);
}

function explain({ text, exception }: CdpValue): string {
  return exception?.description ?? `${text} ${exception?.value ?? ""}`.trim();
}
