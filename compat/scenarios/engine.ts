import type { Scenario } from "../scenario.ts";

/** One request for a handshake. */
const handshake =
  (query: string, init?: RequestInit): Scenario["client"] =>
  async (t) => {
    await t.fetch("raw", `/socket.io/?${query}`, init);
  };

export const engineScenarios: Scenario[] = [
  { name: "a polling handshake is answered", client: handshake("EIO=4&transport=polling") },
  {
    name: "an unknown transport is refused",
    client: handshake("EIO=4&transport=carrier-pigeon"),
  },
  {
    name: "an unknown session is refused",
    client: handshake("EIO=4&transport=polling&sid=nobody"),
  },
  {
    name: "a handshake by POST is refused",
    client: handshake("EIO=4&transport=polling", { method: "POST", body: "x" }),
  },
  {
    name: "a WebSocket handshake without an upgrade is refused",
    client: handshake("EIO=4&transport=websocket"),
  },
  {
    name: "another protocol revision is refused",
    client: handshake("EIO=3&transport=polling"),
  },
  {
    name: "allowRequest refuses with its message",
    options: {
      allowRequest: (_req: unknown, fn: (error: string, ok: boolean) => void) => fn("no", false),
    },
    client: handshake("EIO=4&transport=polling"),
  },
  {
    name: "a preflight is answered as the option cors says",
    options: {
      cors: { origin: ["http://a.example"], credentials: true, methods: ["GET"], maxAge: 60 },
    },
    client: handshake("EIO=4&transport=polling", {
      method: "OPTIONS",
      headers: { Origin: "http://a.example", "Access-Control-Request-Headers": "x-token" },
    }),
  },
  {
    name: "a handshake from another origin gets the headers of the option cors",
    options: { cors: { origin: /\.example$/, credentials: true } },
    client: handshake("EIO=4&transport=polling", { headers: { Origin: "http://b.example" } }),
  },
  {
    name: "the option cookie sets a cookie",
    options: { cookie: { name: "sticky", maxAge: 60, secure: true } },
    client: handshake("EIO=4&transport=polling"),
  },
  {
    name: "a polling session sends, receives and is closed by its client",
    server(io) {
      io.on("connection", (socket) => {
        socket.on("hello", () => socket.emit("welcome", "é€😀"));
      });
    },
    async client(t) {
      const endpoint = "/socket.io/?EIO=4&transport=polling";
      const { body } = await t.fetch("raw", endpoint);
      const { sid } = JSON.parse(body.slice(1));
      const poll = () => t.fetch("raw", `${endpoint}&sid=${sid}`);
      const post = (packets: string) =>
        t.fetch("raw", `${endpoint}&sid=${sid}`, { method: "POST", body: packets });
      await post("40");
      await poll();
      await post('42["hello",1]');
      await poll();
      await post('42["hello",{"two":[null]}]');
      await poll();
      await post("1");
      await poll();
    },
  },
];
