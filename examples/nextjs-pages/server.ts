// What Next.js does for the route, in a few lines: one HTTP server that calls its handler.
import { createServer } from "node:http";
import handler from "./pages/api/socket.ts";

const page = await Bun.file(new URL("index.html", import.meta.url)).text();
const { PORT = "3000", HOST = "127.0.0.1" } = process.env;

const httpServer = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  if (pathname === "/api/socket") {
    handler(request, response as Parameters<typeof handler>[1]);
    return;
  }
  if (pathname === "/") {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(page);
    return;
  }
  response.statusCode = 404;
  response.end("not found");
});

httpServer.listen(Number(PORT), HOST, () => {
  const address = httpServer.address();
  const port = typeof address === "object" ? address?.port : address;
  console.log(`Listening on http://${HOST}:${port}`);
});
