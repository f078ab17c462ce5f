// What goes into one answer to a poll. The reference answers with the first packet, and lets the others
// wait for the next poll.

import { expect, test } from "bun:test";
import { HOSTS } from "../support/hosts.ts";
import { overTheWire, packetsOf } from "../support/wire.ts";

overTheWire((wire) => {
  test("what the listeners of one POST send is one answer, which does not wait for the end of the turn", async () => {
    wire.start();
    const { sid, session } = await wire.openPolling();
    let isTurnOver = false;
    let wasTurnOver: boolean | undefined;
    session.on("message", (data) => {
      setImmediate(() => {
        isTurnOver = true;
      });
      session.send(`${data} 1`);
      session.send(`${data} 2`);
    });
    session.on("drain", () => {
      wasTurnOver = isTurnOver;
    });
    const { answer } = await wire.park(sid);
    await wire.deliver(sid, "4first", "4second");
    expect(await packetsOf(await answer)).toEqual([
      "4first 1",
      "4first 2",
      "4second 1",
      "4second 2",
    ]);
    expect(wasTurnOver).toBeFalse();
  });

  test("what waits for a client that sends before it polls is not too much before the turn ends", async () => {
    const { refusals } = wire.start({ limits: { queuedBytes: 1000 } });
    const { sid, session } = await wire.openPolling();
    const filler = "x".repeat(2000);
    let waiting = -1;
    session.on("message", () => {
      session.send(filler);
      // As a poll that comes in the same turn would find it.
      process.nextTick(() => {
        waiting = session.writeBuffer.length;
      });
    });
    const ended = new Promise((resolve) => session.once("close", resolve));
    await wire.deliver(sid, "4hello");
    expect(await ended).toBe("slow consumer");
    expect(waiting).toBe(1);
    expect(refusals.queuedBytes).toBe(1);
  });

  test("where others wait too, all get one answer at the end of the turn", async () => {
    wire.start();
    const sender = await wire.openPolling();
    const other = await wire.openPolling();
    const polls = [(await wire.park(sender.sid)).answer, (await wire.park(other.sid)).answer];
    sender.session.on("message", () => {
      for (const { session } of [other, sender]) {
        session.send("during the request");
      }
      process.nextTick(() => {
        for (const { session } of [other, sender]) {
          session.send("behind it");
        }
      });
    });
    await wire.deliver(sender.sid, "4hello");
    for (const poll of polls) {
      expect(await packetsOf(await poll)).toEqual(["4during the request", "4behind it"]);
    }
  });
}, HOSTS);
