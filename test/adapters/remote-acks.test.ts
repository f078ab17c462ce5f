import { expect, test } from "bun:test";
import { RemoteAcks } from "../../adapters/cluster/remote-acks.ts";
import { SurvivorWatch } from "../../adapters/cluster/survivors.ts";
import { BroadcastAcks } from "../../lib/acks.ts";

test.each([
  ["of this node", undefined],
  ["of this node, where the others are known by name", new Set(["other"])],
])("a broadcast without a timeout is forgotten with the last answer, one %s", async (_, nodes) => {
  const remote = new RemoteAcks(new SurvivorWatch(async () => null));
  const answers = Promise.withResolvers<unknown>();
  const acks = new BroadcastAcks((_error, responses) => answers.resolve(responses), false);
  const late: unknown[] = [];
  acks.onClientCount(1);
  const id = remote.open({
    timeoutMs: undefined,
    nodes,
    onClientCount: (count) => {
      late.push(count);
      acks.onClientCount(count);
    },
    onResponse: (response) => late.push(response),
    progress: acks,
  });
  acks.onSent(undefined, async () => 2);
  remote.onClientCount(id, "other", 0);
  acks.onResponse("local");
  expect(await answers.promise).toEqual(["local"]);
  expect(late).toEqual([0]);
  remote.onClientCount(id, undefined, 7);
  remote.onResponse(id, undefined, "late");
  expect(late).toEqual([0]); // or it would be kept for an hour
  remote.close();
});
