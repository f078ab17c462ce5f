import { expect } from "bun:test";
import type { Case, Group } from "./cases.ts";
import type { Fleet } from "./fleet.ts";
import type { TestNode } from "./options.ts";
import { SERVER_EVENTS } from "./program.ts";
import { needing } from "./shared.ts";
import { givingTime, until } from "./waiting.ts";

const SHORT_MS = 200;

interface Answer {
  node: number;
  args?: unknown[];
}

/** The places of the other nodes. */
function others(fleet: Fleet, from: number): number[] {
  return [...fleet.nodes.keys()].filter((index) => index !== from);
}

function sorted(answers: unknown): Answer[] {
  return (answers as Answer[]).sort((a, b) => a.node - b.node);
}

/** What a node heard of one test: the events whose first argument is the token. */
async function heard(fleet: Fleet, index: number, token: string): Promise<unknown[][]> {
  const all = await fleet.node(index).call("heard");
  return all.filter(([, first]) => first === token);
}

async function hears(fleet: Fleet, indexes: number[], token: string, count = 1): Promise<void> {
  for (const index of indexes) {
    await until(
      async () => (await heard(fleet, index, token)).length >= count,
      fleet.deadlineMs,
      async () => ({ node: index, heard: await heard(fleet, index, token), wanted: count }),
    );
  }
}

const cases: Case[] = [
  {
    name: "reaches the other nodes with its arguments, not its own",
    nodes: 2,
    async run(fleet) {
      for (const [from, node] of fleet.nodes.entries()) {
        const token = fleet.name("token");
        await node.call("serverSideEmit", "/", SERVER_EVENTS.plain, token, 1, { two: [null] });
        await hears(fleet, others(fleet, from), token);
        for (const index of others(fleet, from)) {
          expect(await heard(fleet, index, token)).toEqual([["/", token, 1, { two: [null] }]]);
        }
        // By now its own would have come back.
        await node.call("serverSideEmit", "/", SERVER_EVENTS.plain, token);
        await hears(fleet, others(fleet, from), token, 2);
        expect(await heard(fleet, from, token)).toEqual([]);
      }
    },
  },
  {
    name: "keeps the order",
    nodes: 2,
    needs: ["order"],
    async run(fleet) {
      const token = fleet.name("token");
      for (let number = 0; number < 20; number++) {
        void fleet.node(0).call("serverSideEmit", "/", SERVER_EVENTS.plain, token, number);
      }
      await hears(fleet, others(fleet, 0), token, 20);
      for (const index of others(fleet, 0)) {
        const numbers = (await heard(fleet, index, token)).map(([, , number]) => number);
        expect(numbers).toEqual(Array.from({ length: 20 }, (_, number) => number));
      }
    },
  },
  {
    name: "carries bytes",
    nodes: 2,
    needs: ["binary"],
    async run(fleet) {
      for (const [from, node] of fleet.nodes.entries()) {
        const token = fleet.name("token");
        const bytes = Buffer.from([0, 128, 255]);
        await node.call("serverSideEmit", "/", SERVER_EVENTS.plain, token, { bytes });
        await hears(fleet, others(fleet, from), token);
        for (const index of others(fleet, from)) {
          const [[, , data] = []] = await heard(fleet, index, token);
          expect([...Buffer.from((data as { bytes: Buffer }).bytes)]).toEqual([0, 128, 255]);
        }
      }
    },
  },
  {
    name: "collects one answer of each other node",
    needs: ["serverSideAcks"],
    async run(fleet) {
      for (const [from, node] of fleet.nodes.entries()) {
        const args = ["x", { y: 1 }];
        const answers = await node.call("serverSideAsk", "/", SERVER_EVENTS.asked, ...args);
        const expected = others(fleet, from).map((index) => ({ node: index, args }));
        expect(sorted(answers)).toEqual(expected);
        const [error, responses] = await node.call(
          "serverSideAskWithCallback",
          "/",
          SERVER_EVENTS.asked,
          ...args,
        );
        expect([error, sorted(responses)]).toEqual([null, expected]);
      }
    },
  },
  {
    name: "does not mix up what is asked at once",
    nodes: 2,
    needs: ["serverSideAcks"],
    async run(fleet) {
      const questions = Array.from({ length: 10 }, (_, question) => question);
      await Promise.all(
        fleet.nodes.flatMap((node, from) =>
          questions.map(async (question) => {
            const answers = await node.call("serverSideAsk", "/", SERVER_EVENTS.asked, question);
            expect(sorted(answers)).toEqual(
              others(fleet, from).map((index) => ({ node: index, args: [question] })),
            );
          }),
        ),
      );
    },
  },
  {
    name: "fails when a node does not answer in time, with the answers that did arrive",
    nodes: 2,
    needs: ["serverSideAcks", "partialResponses", "requestsTimeout"],
    ownFleet: { requestsTimeoutMs: SHORT_MS },
    async run(fleet) {
      const ask = async (node: TestNode, from: number): Promise<void> => {
        const [silent = -1, ...answering] = others(fleet, from);
        const expected = answering.map((index) => ({ node: index }));
        await givingTime(async () => {
          const [message, responses] = await node.call(
            "serverSideAskWithCallback",
            "/",
            SERVER_EVENTS.askedUnless,
            silent,
          );
          expect(message).toBeString();
          expect(sorted(responses)).toEqual(expected);
          const error: Error & { responses?: unknown } = await node
            .call("serverSideAsk", "/", SERVER_EVENTS.askedUnless, silent)
            .then(String, (reason) => reason);
          expect(error).toBeInstanceOf(Error);
          expect(sorted(error.responses)).toEqual(expected);
        });
      };
      await Promise.all(fleet.nodes.map(ask));
    },
  },
  {
    name: "refuses the names of events that are the server's own",
    async run(fleet) {
      for (const event of ["connect", "connection", "new_namespace"]) {
        const refused = fleet.node(0).call("serverSideEmit", "/", event);
        const message = await refused.then(String, (error: Error) => error.message);
        expect(message).toBe(`"${event}" is a reserved event name`);
      }
    },
  },
];

export const serverCases: Group = {
  title: "an event between servers",
  cases: needing(["serverSideEmit"], cases),
};
