import { expect } from "bun:test";
import type { Case, Group } from "./cases.ts";
import type { Fleet } from "./fleet.ts";
import { needing } from "./shared.ts";

const MEGABYTE = 1_000_000;

/** Emits arguments from each node, and holds what each client gets. */
async function carries(
  fleet: Fleet,
  sent: readonly unknown[],
  check: (got: readonly unknown[]) => void,
): Promise<void> {
  const members = await fleet.connectEach();
  for (const node of fleet.nodes) {
    const event = fleet.name("payload");
    await node.call("emit", {}, event, ...sent);
    for (const member of members) {
      const [args = []] = await member.gets(event);
      check(args);
    }
  }
}

const same = (expected: readonly unknown[]) => (got: readonly unknown[]) => {
  expect(got).toEqual([...expected]);
};

/** Bytes in which each differs from its neighbours, so that none can be lost unnoticed. */
function pattern(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 255));
}

const VALUES: readonly unknown[] = [
  0,
  -1,
  1.5,
  2 ** 40,
  -(2 ** 53) + 1,
  "",
  "text",
  'quotes " and \\ and \n and \u2028',
  "ümlaut 日本 🙂",
  true,
  false,
  null,
  [],
  {},
  [[[]], [{}], [null, [1, "2"]]],
  { a: { b: { c: [{ d: null }] } }, "": 0, "a b": false, constructor: "own", length: 3 },
];

const cases: Case[] = [
  {
    name: "carries numbers, texts, lists and objects as they are",
    run: (fleet) => carries(fleet, VALUES, same(VALUES)),
  },
  {
    name: "carries whole numbers of more than 64 bits",
    needs: ["hugeNumbers"],
    run: (fleet) => carries(fleet, [Number.MAX_VALUE, -1e30], same([Number.MAX_VALUE, -1e30])),
  },
  {
    name: "carries no arguments, and many",
    async run(fleet) {
      const many = Array.from({ length: 100 }, (_, index) => index);
      await carries(fleet, [], same([]));
      await carries(fleet, many, same(many));
    },
  },
  {
    name: "carries what JSON has no word for as JSON does: undefined, dates, what is not a number",
    async run(fleet) {
      const date = new Date(Date.UTC(2020, 1, 2, 3, 4, 5, 6));
      const sent = [
        undefined,
        date,
        { at: date, not: undefined, kept: 1 },
        [undefined],
        Number.NaN,
      ];
      await carries(fleet, sent, (got) => {
        const [none, text, object, list, nan] = got;
        expect([none, nan]).toEqual([null, null]);
        expect(text).toBe(date.toISOString());
        expect(list).toEqual([null]);
        // Whether what is undefined in an object is null or not there is up to the encoding.
        expect(object).toMatchObject({ at: date.toISOString(), kept: 1 });
        expect((object as { not?: unknown }).not ?? null).toBeNull();
      });
    },
  },
  {
    name: "carries the data as they were when it was sent",
    needs: ["encodesAtOnce"],
    async run(fleet) {
      const members = await fleet.connectEach();
      for (const node of fleet.nodes) {
        const event = fleet.name("changed");
        await node.call("emitThenChange", {}, event);
        for (const member of members) {
          const [[data] = []] = await member.gets(event);
          expect((data as { state: string }).state).toBe("as it was sent");
        }
      }
    },
  },
  {
    name: "carries bytes, alone and deep within",
    needs: ["binary"],
    async run(fleet) {
      const bytes = pattern(300);
      const sent = [
        bytes,
        "between",
        new Uint8Array([0, 255]),
        { list: [bytes, { in: bytes }] },
        Buffer.alloc(0),
      ];
      await carries(fleet, sent, (got) => {
        const [whole, text, two, object, empty] = got as [
          Buffer,
          string,
          Buffer,
          { list: [Buffer, { in: Buffer }] },
          Buffer,
        ];
        expect(text).toBe("between");
        expect([...two]).toEqual([0, 255]);
        expect(empty).toHaveLength(0);
        for (const each of [whole, object.list[0], object.list[1].in]) {
          expect(Buffer.compare(Buffer.from(each), bytes)).toBe(0);
        }
      });
    },
  },
  {
    name: "carries an ArrayBuffer",
    needs: ["binary", "arrayBuffers"],
    async run(fleet) {
      const bytes = new Uint8Array([1, 2, 3, 255]);
      await carries(fleet, [bytes.buffer], ([got]) => {
        expect([...Buffer.from(got as Buffer)]).toEqual([...bytes]);
      });
    },
  },
  {
    name: "carries a megabyte of text",
    needs: ["largePayloads"],
    run: (fleet) => {
      const text = "0123456789".repeat(MEGABYTE / 10);
      return carries(fleet, [text], ([got]) => expect(got === text).toBeTrue());
    },
  },
  {
    name: "carries a megabyte of bytes",
    needs: ["binary", "largePayloads"],
    run: (fleet) => {
      const bytes = pattern(MEGABYTE);
      return carries(fleet, [bytes, 1], ([got, end]) => {
        expect(Buffer.compare(Buffer.from(got as Buffer), bytes)).toBe(0);
        expect(end).toBe(1);
      });
    },
  },
];

export const payloadCases: Group = {
  title: "an event",
  cases: needing(["broadcast"], cases),
};
