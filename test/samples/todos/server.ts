import { createServer } from "node:http";
import { createApplication } from "./app.ts";

const httpServer = createServer();
createApplication(httpServer, { cors: { origin: ["http://localhost:4200"] } });

httpServer.listen(process.env.PORT, () => {
  const address = httpServer.address();
  console.log(`listening on ${typeof address === "object" ? address?.port : address}`);
});
