import { expect, test } from "bun:test";
import { joinText, splitText } from "../support/payload-v3.ts";
import { overTheWire, until, type Wire } from "../support/wire.ts";
import { recordMessages, startV3, V3 } from "../support/wire-v3.ts";

interface Script {
  /** Which function of the page it calls. */
  index: number;
  payload: string;
}

/** Runs the script of an answer as a page would. */
function run(script: string): Script {
  const calls: Script[] = [];
  const functions = new Proxy(
    {},
    {
      get: (_target, index) => (payload: string) => calls.push({ index: Number(index), payload }),
    },
  );
  new Function("___eio", script)(functions);
  expect(calls).toHaveLength(1);
  return calls[0] as Script;
}

async function get(wire: Wire, query: Record<string, string>): Promise<Script> {
  const response = await wire.request(query);
  expect(response.status).toBe(200);
  return run(await response.text());
}

/** The value of the form field, as the old client writes it. */
function toField(payload: string): string {
  return payload.replace(/\\n/g, "\\\n").replace(/\n/g, "\\n");
}

function submit(wire: Wire, query: Record<string, string>, body: string): Promise<Response> {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return wire.request(query, { method: "POST", body, headers });
}

const NASTY = "quotes \" ' \\ \\n \\\\n \\\\\\n \n \r\n \u2028 \u2029 </script> € 🦊 & = + % 4:4x";

overTheWire((wire) => {
  test("a session opens by a script that calls the function of the page", async () => {
    startV3(wire);
    const { index, payload } = await get(wire, { ...V3, j: "7", b64: "1" });
    expect(index).toBe(7);
    const [packet = ""] = splitText(payload);
    const { sid, upgrades } = JSON.parse(packet.slice(1));
    expect(upgrades).toEqual(["websocket"]);
    expect(wire.session(sid).transport.name).toBe("polling");
  });

  test("text survives its way through scripts and forms", async () => {
    startV3(wire);
    const query = { ...V3, j: "0", b64: "1" };
    const [packet = ""] = splitText((await get(wire, query)).payload);
    const { sid } = JSON.parse(packet.slice(1));
    const session = wire.session(sid);
    const poll = get(wire, { ...query, sid });
    await until(() => session.transport.writable);
    session.send(NASTY);
    expect(splitText((await poll).payload)).toEqual([`4${NASTY}`]);
    const messages = recordMessages(session);
    const body = new URLSearchParams({ d: toField(joinText(`4${NASTY}`, "4x")) });
    const response = await submit(wire, { ...query, sid }, `${body}`);
    expect([response.status, await response.text()]).toEqual([200, "ok"]);
    expect(response.headers.get("content-type")).toBe("text/html");
    expect(messages).toEqual([NASTY, "x"]);
  });

  test("bytes go as base64", async () => {
    startV3(wire);
    const query = { ...V3, j: "0", b64: "1" };
    const [packet = ""] = splitText((await get(wire, query)).payload);
    const { sid } = JSON.parse(packet.slice(1));
    const session = wire.session(sid);
    session.send(Buffer.from([0, 1, 255]));
    expect(splitText((await get(wire, { ...query, sid })).payload)).toEqual(["b4AAH/"]);
    const messages = recordMessages(session);
    const body = new URLSearchParams({ d: "6:b4AAH/" });
    expect((await submit(wire, { ...query, sid }, `${body}`)).status).toBe(200);
    expect(messages).toEqual([Buffer.from([0, 1, 255])]);
  });

  test("nothing but digits of the parameter comes back as a script", async () => {
    startV3(wire);
    const response = await wire.request({ ...V3, j: "1];alert(2)//", b64: "1" });
    expect(await response.text()).toStartWith("___eio[12](");
  });

  test("a form without the field, or with several, delivers nothing", async () => {
    startV3(wire);
    const query = { ...V3, j: "0", b64: "1" };
    const [packet = ""] = splitText((await get(wire, query)).payload);
    const { sid } = JSON.parse(packet.slice(1));
    const messages = recordMessages(wire.session(sid));
    for (const body of ["", "x=2:4x", "d=2:4x&d=2:4y"]) {
      const response = await submit(wire, { ...query, sid }, body);
      expect([response.status, await response.text()]).toEqual([200, "ok"]);
    }
    expect(messages).toEqual([]);
    expect(wire.session(sid).readyState).toBe("open");
  });

  test("a form whose field is no payload ends the session", async () => {
    startV3(wire);
    const query = { ...V3, j: "0", b64: "1" };
    const [packet = ""] = splitText((await get(wire, query)).payload);
    const { sid } = JSON.parse(packet.slice(1));
    const ended = new Promise((resolve) => wire.session(sid).once("close", resolve));
    await submit(wire, { ...query, sid }, "d=nonsense");
    expect(await ended).toBe("parse error");
  });

  test("a form over maxHttpBufferSize is refused", async () => {
    startV3(wire, { maxHttpBufferSize: 20 });
    const query = { ...V3, j: "0", b64: "1" };
    const [packet = ""] = splitText((await get(wire, query)).payload);
    const { sid } = JSON.parse(packet.slice(1));
    const response = await submit(wire, { ...query, sid }, `d=20:4${"x".repeat(19)}`);
    expect(response.status).toBe(413);
  });

  test("clients of revision 4 may poll so, too", async () => {
    wire.start();
    const { payload } = await get(wire, { j: "3" });
    const { sid } = JSON.parse(payload.slice(1));
    wire.session(sid).send(Buffer.from([0, 1, 255]));
    expect(await get(wire, { j: "3", sid })).toEqual({ index: 3, payload: "bAAH/" });
    const messages = recordMessages(wire.session(sid));
    expect((await submit(wire, { j: "3", sid }, "d=4hello")).status).toBe(200);
    expect(messages).toEqual(["hello"]);
  });

  if (!wire.isReference) {
    test("the answer is a script by its type, whatever browsers are told about sniffing", async () => {
      startV3(wire);
      const response = await wire.request({ ...V3, j: "0" });
      expect(response.headers.get("content-type")).toBe("text/javascript; charset=UTF-8");
    });

    // The reference would send what JSON makes of a buffer.
    test("bytes go as base64, asked for or not", async () => {
      startV3(wire);
      const query = { ...V3, j: "0" };
      const [packet = ""] = splitText((await get(wire, query)).payload);
      const { sid } = JSON.parse(packet.slice(1));
      wire.session(sid).send(Buffer.from([0, 1, 255]));
      expect(splitText((await get(wire, { ...query, sid })).payload)).toEqual(["b4AAH/"]);
    });
  }
});
