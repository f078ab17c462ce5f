export { type ConnectOptions, TestClient, type WaitOptions } from "./test-client.ts";
export { createTestServer, TestServer, type TestServerOptions } from "./test-server.ts";
