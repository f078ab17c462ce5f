// What `import` finds on Node.js, which cannot read the sources: the names that programs import, so
// that they get as far as this sentence. (For a bundle that Bun is to run, set the condition `bun`.)
throw new Error("bun-socket.io runs on Bun: start this program with `bun`, or use socket.io");

export const Adapter = undefined;
export const attach = undefined;
export const AuthError = undefined;
export const BroadcastOperator = undefined;
export const ClusterAdapter = undefined;
export const ClusterAdapterWithHeartbeat = undefined;
export const createAdapter = undefined;
export const createShardedAdapter = undefined;
export const createStreamsAdapter = undefined;
export const createTestServer = undefined;
export const DisconnectedError = undefined;
export const Emitter = undefined;
export const Engine = undefined;
export const ENGINE_ERRORS = undefined;
export const EngineServer = undefined;
export const listen = undefined;
export const MessageType = undefined;
export const Namespace = undefined;
export const NodeProgram = undefined;
export const ParentNamespace = undefined;
export const protocol = undefined;
export const RedisAdapter = undefined;
export const RemoteSocket = undefined;
export const Server = undefined;
export const Session = undefined;
export const SessionAwareAdapter = undefined;
export const ShardedRedisAdapter = undefined;
export const Socket = undefined;
export const SocketIOError = undefined;
export const StreamsAdapter = undefined;
export const testAdapter = undefined;
export const TestClient = undefined;
export const TestServer = undefined;
export const tokenAuth = undefined;
