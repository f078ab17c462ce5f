import type { Scenario } from "../scenario.ts";

type Reply = (...answer: unknown[]) => void;

const BYTES = new Uint8Array([0, 1, 127, 128, 254, 255]);

const VALUES: Record<string, unknown> = {
  "a Buffer": Buffer.from(BYTES),
  "a Uint8Array": BYTES,
  "a view of a part of a buffer": BYTES.subarray(2, 4),
  "an ArrayBuffer": BYTES.slice().buffer,
  "a Uint16Array": new Uint16Array([1, 256, 65535]),
  "a Float64Array": new Float64Array([1.5, -0]),
  "a DataView": new DataView(BYTES.slice().buffer, 1, 3),
  "no bytes": Buffer.alloc(0),
  "an empty ArrayBuffer": new ArrayBuffer(0),
  "a list of ten": Array.from({ length: 10 }, (_, index) => Buffer.from([index])),
  "bytes deep in objects": { a: [{ b: { c: [null, Buffer.from("deep"), "text"] } }], d: BYTES },
  "one and the same twice": [BYTES, BYTES],
  "bytes beside what looks like a placeholder": [BYTES, { _placeholder: false, num: 1 }],
};

export const binaryScenarios: Scenario[] = [
  ...Object.entries(VALUES).map(
    ([name, value]): Scenario => ({
      name: `bytes go both ways: ${name}`,
      server(io, { logOf }) {
        io.on("connection", (socket) => {
          socket.on("echo", (got: unknown, reply: Reply) => {
            logOf(socket, "kind", got?.constructor.name);
            socket.emit("sent", value);
            io.emit("broadcast", "with", value);
            reply(got);
          });
        });
      },
      async client(t) {
        for (const transport of ["websocket", "polling"] as const) {
          const ann = await t.connect(transport, { transports: [transport] });
          await ann.ask("echo", value);
          ann.disconnect();
          await ann.next("disconnect");
        }
      },
    }),
  ),
  {
    name: "a message just below the limit of a megabyte arrives (websocket)",
    server(io) {
      io.on("connection", (socket) => {
        socket.on("large", (text: string, reply: Reply) => reply(text.length));
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { transports: ["websocket"] });
      await ann.ask("large", "x".repeat(999_980));
    },
  },
  {
    name: "messages just below maxHttpBufferSize arrive",
    options: { maxHttpBufferSize: 20_000 },
    server(io) {
      io.on("connection", (socket) => {
        socket.on("large", (text: string | Uint8Array, reply: Reply) => reply(text.length));
      });
    },
    async client(t) {
      for (const transport of ["websocket", "polling"] as const) {
        const ann = await t.connect(transport, { transports: [transport] });
        await ann.ask("large", "x".repeat(19_980));
        await ann.ask("large", Buffer.alloc(transport === "polling" ? 14_900 : 20_000));
      }
    },
  },
  {
    name: "a message of more than maxHttpBufferSize ends the connection (websocket)",
    options: { maxHttpBufferSize: 1000 },
    server(io) {
      io.on("connection", (socket) => {
        socket.on("large", (text: string, reply: Reply) => reply(text.length));
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { transports: ["websocket"] });
      await ann.ask("large", "x".repeat(900));
      ann.emit("large", "x".repeat(1100));
      await ann.next("disconnect");
    },
  },
  {
    name: "special values go as JSON has them",
    server(io, { logOf }) {
      io.on("connection", (socket) => {
        socket.on("values", (...args: unknown[]) => {
          const reply = args.pop() as Reply;
          logOf(socket, "values", ...args);
          reply(Number.NaN, -0, new Date(0), undefined, () => {}, Symbol("x"), [undefined], /x/);
        });
      });
    },
    async client(t) {
      const ann = await t.connect("ann", { transports: ["websocket"] });
      await ann.ask(
        "values",
        Number.NaN,
        Infinity,
        -0,
        new Date(0),
        undefined,
        [undefined],
        new Map([[1, 2]]),
        {
          toJSON: () => "by toJSON",
        },
      );
      await ann.ask(
        "values",
        JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'),
        "\u0000\ud800",
      );
    },
  },
];
