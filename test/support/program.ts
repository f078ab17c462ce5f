// A program of an example, as a process of its own.

const START_MS = 30_000;
const ADDRESS = /\bhttps?:\/\/[\w.:[\]-]+\d/;

export class Program {
  readonly url: string;
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #printed: string[];

  private constructor(
    child: Bun.Subprocess<"ignore", "pipe", "pipe">,
    printed: string[],
    url: string,
  ) {
    this.#child = child;
    this.#printed = printed;
    this.url = url;
  }

  /** Starts a file with Bun on a free port, and waits for the line with its address. */
  static async start(
    directory: string,
    entry: string,
    env: Record<string, string> = {},
  ): Promise<Program> {
    const child = Bun.spawn([process.execPath, entry], {
      cwd: directory,
      env: { ...process.env, PORT: "0", HOST: "127.0.0.1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const printed: string[] = [];
    const late = setTimeout(() => child.kill("SIGKILL"), START_MS);
    const url = await new Promise<string>((resolve, reject) => {
      const copy = async (stream: ReadableStream<Uint8Array>) => {
        const decoder = new TextDecoder();
        for await (const chunk of stream) {
          printed.push(decoder.decode(chunk, { stream: true }));
          const [address] = ADDRESS.exec(printed.join("")) ?? [];
          // The line is whole when its end is there: no port is cut in two.
          if (address !== undefined && printed.join("").includes(`${address}\n`)) resolve(address);
        }
      };
      void Promise.all([copy(child.stdout), copy(child.stderr)]).then(() => {
        reject(new Error(`${entry} ended before it printed its address:\n${printed.join("")}`));
      }, reject);
    }).finally(() => clearTimeout(late));
    return new Program(child, printed, url);
  }

  /** All that it has printed. */
  get output(): string {
    return this.#printed.join("");
  }

  /** Asks it to end and waits; answers its exit code, or null where the signal ended it. */
  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    await this.#child.exited;
    return this.#child.exitCode;
  }
}
