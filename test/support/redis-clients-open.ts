// The clients of Redis that the tests of a file open.

import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import type { ProgramClient } from "./redis-clients.ts";

/**
 * Has the clients of each test ended behind it, where it may have left no rejection unhandled.
 *
 * @returns to be called with each client
 */
export function endingClients(): (client: ProgramClient) => void {
  const rejections: unknown[] = [];
  const onRejection = (error: unknown) => rejections.push(error);
  let open: ProgramClient[] = [];
  beforeAll(() => {
    process.on("unhandledRejection", onRejection);
  });
  afterEach(async () => {
    await Promise.all(open.map((client) => client.end()));
    open = [];
    expect(rejections).toEqual([]);
  });
  afterAll(() => {
    process.off("unhandledRejection", onRejection);
  });
  return (client) => open.push(client);
}
