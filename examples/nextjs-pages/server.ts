// What Next.js does for the route, in a few lines: one HTTP server that calls its handler.
import { createServer } from "node:http";
import handler from "./pages/api/socket.ts";

const { PORT = "3000", HOST = "127.0.0.1" } = process.env;

const httpServer = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  if (pathname === "/api/socket") {
    handler(request, response as Parameters<typeof handler>[1]);
    return;
  }
  response.statusCode = pathname === "/" ? 200 : 404;
  response.end(pathname === "/" ? "a page" : "not found");
});

httpServer.listen(Number(PORT), HOST, () => {
  const address = httpServer.address();
  const port = typeof address === "object" ? address?.port : address;
  console.log(`Listening on http://${HOST}:${port}`);
});
