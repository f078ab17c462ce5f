import { describe, expect, test } from "bun:test";
import {
  resolveClassicOptions,
  resolveShardedOptions,
  resolveStreamsOptions,
} from "../../adapters/redis/options.ts";

const KEEP = { maxDuration: 120_000, maxBytes: 33_554_432 };

describe("the options of the Redis adapters", () => {
  test("have the defaults of the reference", () => {
    expect(resolveClassicOptions()).toEqual({
      key: "socket.io",
      requestsTimeout: 5000,
      publishOnSpecificResponseChannel: false,
      subscriptionMode: "static",
      parser: undefined,
      outbox: KEEP,
      replay: KEEP,
    });
    expect(resolveShardedOptions()).toEqual({
      channelPrefix: "socket.io",
      subscriptionMode: "dynamic",
      requestsTimeout: 5000,
      outbox: KEEP,
      replay: KEEP,
    });
    expect(resolveStreamsOptions()).toEqual({
      streamName: "socket.io",
      streamCount: 1,
      channelPrefix: "socket.io",
      useShardedPubSub: false,
      maxLen: 10_000,
      readCount: 100,
      blockTimeInMs: 5000,
      sessionKeyPrefix: "sio:session:",
      onlyPlaintext: false,
      bundle: undefined,
      offsetTimeout: 10_000,
      requestsTimeout: 5000,
      outbox: KEEP,
    });
  });

  test("are taken as they are given, and where they are not given by their defaults", () => {
    const parser = { encode: JSON.stringify, decode: JSON.parse };
    const given = {
      key: "k",
      parser,
      replay: { maxBytes: 1 },
      outbox: { maxDuration: 0 },
    } as const;
    expect(resolveClassicOptions({ ...given, requestsTimeout: 0 })).toMatchObject({
      key: "k",
      parser,
      requestsTimeout: 5000, // as in the reference, 0 means the default
      replay: { ...KEEP, maxBytes: 1 },
      outbox: { ...KEEP, maxDuration: 0 },
    });
    expect(resolveClassicOptions({ key: "", replay: false })).toMatchObject({
      key: "socket.io",
      replay: false,
    });
    expect(
      resolveShardedOptions({ channelPrefix: undefined, subscriptionMode: "static" }),
    ).toMatchObject({
      channelPrefix: "socket.io",
      subscriptionMode: "static",
    });
    expect(resolveStreamsOptions({ streamCount: 4, outbox: undefined })).toMatchObject({
      streamCount: 4,
      outbox: KEEP,
    });
  });

  test.each<[string, () => unknown, string]>([
    ["key", () => resolveClassicOptions({ key: 1 as never }), "key"],
    ["parser", () => resolveClassicOptions({ parser: { encode() {} } as never }), "parser"],
    ["requestsTimeout", () => resolveClassicOptions({ requestsTimeout: -1 }), "requestsTimeout"],
    [
      "requestsTimeout that no timer can wait",
      () => resolveShardedOptions({ requestsTimeout: 2 ** 31 }),
      "requestsTimeout",
    ],
    [
      "subscriptionMode",
      () => resolveShardedOptions({ subscriptionMode: "all" as never }),
      "subscriptionMode",
    ],
    ["replay", () => resolveShardedOptions({ replay: true as never }), "replay"],
    [
      "bounds of replay",
      () => resolveClassicOptions({ replay: { maxBytes: -1 } }),
      "replay.maxBytes",
    ],
    [
      "bounds of the outbox",
      () => resolveStreamsOptions({ outbox: { maxDuration: "1" as never } }),
      "outbox.maxDuration",
    ],
    ["streamCount", () => resolveStreamsOptions({ streamCount: 0 }), "streamCount"],
    ["maxLen", () => resolveStreamsOptions({ maxLen: 1.5 }), "maxLen"],
    [
      "onlyPlaintext",
      () => resolveStreamsOptions({ onlyPlaintext: "yes" as never }),
      "onlyPlaintext",
    ],
  ])("refuse a wrong %s", (_name, resolve, option) => {
    expect(resolve).toThrow(
      expect.objectContaining({
        code: "ERR_INVALID_OPTION",
        message: expect.stringContaining(`"${option}"`),
      }),
    );
  });
});
