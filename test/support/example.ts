// Runs the examples as somebody who copied one out of the repository would: in a directory of its
// own, with its own dependencies and with this package as it would be published.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { Clients } from "./clients.ts";
import { installExample, type InstalledProject } from "./example-project.ts";
import { Program } from "./program.ts";

const INSTALL_MS = 120_000;
const TYPES_MS = 60_000;
const RUN_MS = 60_000;

/** One example while its tests run. */
export class Example {
  readonly clients = new Clients();
  #project: InstalledProject | null = null;
  #program: Program | null = null;

  get program(): Program {
    if (this.#program === null) {
      throw new Error("the example has not started");
    }
    return this.#program;
  }

  /** `http://127.0.0.1:<port>` */
  get url(): string {
    return this.program.url;
  }

  get project(): InstalledProject {
    if (this.#project === null) {
      throw new Error("the example is not installed");
    }
    return this.#project;
  }

  async install(name: string): Promise<void> {
    this.#project = await installExample(name);
  }

  async start(): Promise<void> {
    const { directory, entry } = this.project;
    this.#program = await Program.start(directory, entry);
  }

  async end(): Promise<void> {
    await this.#program?.stop();
    this.#project?.remove();
  }
}

/** A test of a running example; when it fails, it shows what the program printed. */
export type ExampleTest = (name: string, body: () => Promise<void>) => void;

/** Installs and starts an example for the tests of one file, and type-checks it. */
export function describeExample(
  name: string,
  tests: (example: Example, testExample: ExampleTest) => void,
): void {
  describe(`the example ${name}`, () => {
    const example = new Example();
    beforeAll(() => example.install(name), INSTALL_MS);
    beforeAll(() => example.start(), RUN_MS);
    afterEach(() => example.clients.closeAll());
    afterAll(() => example.end());

    tests(example, (title, body) => {
      test(
        title,
        async () => {
          try {
            await body();
          } catch (error) {
            console.error(`examples/${name} printed:\n${example.program.output}`);
            throw error;
          }
        },
        RUN_MS,
      );
    });

    test(
      "compiles in its own project",
      async () => {
        expect(await example.project.typeErrors()).toBe("");
      },
      TYPES_MS,
    );
  });
}
