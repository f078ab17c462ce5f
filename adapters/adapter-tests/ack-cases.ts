import { expect } from "bun:test";
import type { Case, Group } from "./cases.ts";
import type { Fleet } from "./fleet.ts";
import type { TestNode } from "./options.ts";
import { needing, inAndOut } from "./shared.ts";
import { givingTime } from "./waiting.ts";

interface Answer {
  node: number;
  args?: unknown[];
}

function nodesOf(answers: unknown): number[] {
  return (answers as Answer[]).map(({ node }) => node).sort();
}

function indexes(fleet: Fleet): number[] {
  return [...fleet.nodes.keys()];
}

/** Does something on all nodes at once: what has to wait waits once. */
async function inParallel(
  fleet: Fleet,
  run: (node: TestNode, from: number) => Promise<void>,
): Promise<void> {
  await Promise.all(fleet.nodes.map(run));
}

const cases: Case[] = [
  {
    name: "collects the answer of every client, from each node",
    async run(fleet) {
      await fleet.connectEach();
      for (const node of fleet.nodes) {
        const answers = await node.call("ask", { timeoutMs: fleet.deadlineMs }, "ask", 1, {
          a: [2],
        });
        expect(nodesOf(answers)).toEqual(indexes(fleet));
        expect((answers as Answer[]).map(({ args }) => args)).toEqual(
          fleet.nodes.map(() => [1, { a: [2] }]),
        );
      }
    },
  },
  {
    name: "collects the answers of several clients of one node",
    async run(fleet) {
      const members = await fleet.connectEach();
      const last = fleet.nodes.length - 1;
      members.push(await fleet.connect(last), await fleet.connect(last));
      const selection = { timeoutMs: fleet.deadlineMs };
      for (const node of fleet.nodes) {
        expect(nodesOf(await node.call("ask", selection, "ask"))).toEqual(
          members.map(({ index }) => index).sort(),
        );
      }
    },
  },
  {
    name: "asks only those in the rooms, without those excepted",
    async run(fleet) {
      const { outsider, excepted, room, quiet } = await inAndOut(fleet);
      const selection = { rooms: [room], except: [quiet], timeoutMs: fleet.deadlineMs };
      for (const node of fleet.nodes) {
        expect(nodesOf(await node.call("ask", selection, "ask"))).toEqual(indexes(fleet));
      }
      expect([...outsider.got("ask"), ...excepted.got("ask")]).toEqual([]);
    },
  },
  {
    name: "answers with none where nobody is asked",
    async run(fleet) {
      await fleet.connectEach();
      const selection = { rooms: [fleet.name("nobody")], timeoutMs: fleet.deadlineMs };
      for (const node of fleet.nodes) {
        expect(await node.call("ask", selection, "ask")).toEqual([]);
      }
    },
  },
  {
    name: "fails when the time is over, with the answers that did arrive",
    async run(fleet) {
      await fleet.connectEach();
      const silent = fleet.nodes.length - 1;
      await fleet.connect(0);
      await inParallel(fleet, async (node, from) => {
        const answered = [0, ...indexes(fleet)].filter((index) => index !== silent);
        await givingTime(async (timeoutMs) => {
          const started = performance.now();
          const error = await node.call("ask", { timeoutMs }, "ask unless", silent).then(
            () => null,
            (reason: Error & { responses?: unknown }) => reason,
          );
          expect(performance.now() - started).toBeGreaterThanOrEqual(timeoutMs - 2);
          expect({ from, message: error?.message }).toEqual({
            from,
            message: "operation has timed out",
          });
          expect(nodesOf(error?.responses)).toEqual(answered);
        });
      });
    },
  },
  {
    name: "gives a callback an error or null, and the answers",
    async run(fleet) {
      await fleet.connectEach();
      const silent = fleet.nodes.length - 1;
      await inParallel(fleet, async (node) => {
        const [none, all] = await node.call(
          "askWithCallback",
          { timeoutMs: fleet.deadlineMs },
          "ask",
        );
        expect([none, nodesOf(all)]).toEqual([null, indexes(fleet)]);
        const answered = indexes(fleet).filter((index) => index !== silent);
        await givingTime(async (timeoutMs) => {
          const asked = node.call("askWithCallback", { timeoutMs }, "ask unless", silent);
          const [message, some] = await asked;
          expect([message, nodesOf(some)]).toEqual(["operation has timed out", answered]);
        });
      });
    },
  },
  {
    name: "carries bytes there and back",
    needs: ["binary"],
    async run(fleet) {
      await fleet.connectEach();
      const bytes = Buffer.from([0, 1, 128, 255]);
      for (const node of fleet.nodes) {
        const answers = await node.call("ask", { timeoutMs: fleet.deadlineMs }, "ask", { bytes });
        const got = (answers as { args: [{ bytes: Buffer }] }[]).map(({ args }) => args[0].bytes);
        expect(got.map((each) => [...Buffer.from(each)])).toEqual(
          fleet.nodes.map(() => [0, 1, 128, 255]),
        );
      }
    },
  },
  {
    name: "does not mix up what is asked at once",
    async run(fleet) {
      await fleet.connectEach();
      const questions = Array.from({ length: 20 }, (_, question) => question);
      const selection = { timeoutMs: fleet.deadlineMs };
      const answers = await Promise.all(
        fleet.nodes.flatMap((node, from) =>
          questions.map((question) => node.call("ask", selection, "ask", from, question)),
        ),
      );
      expect(answers.map(nodesOf)).toEqual(answers.map(() => indexes(fleet)));
      expect(answers.flat().map((answer) => (answer as Answer).args)).toEqual(
        indexes(fleet).flatMap((from) =>
          questions.flatMap((question) => fleet.nodes.map(() => [from, question])),
        ),
      );
    },
  },
  {
    name: "asks only the node's own clients with the flag local",
    async run(fleet) {
      await fleet.connectEach();
      await inParallel(fleet, async (node, from) => {
        await givingTime(async (timeoutMs) => {
          // The reference counts the other nodes all the same, and so waits out its time.
          const asked = node.call("askWithCallback", { local: true, timeoutMs }, "ask");
          const [, answers] = await asked;
          expect(nodesOf(answers)).toEqual([from]);
        });
      });
    },
  },
];

export const ackCases: Group = {
  title: "an event with an acknowledgement",
  cases: needing(["acks"], cases),
};
