// The clients of Socket.IO 1 and 2 come without types; these are of what the tests use.

interface OldClientSocket {
  id?: string;
  nsp: string;
  connected: boolean;
  io: {
    engine: {
      id: string;
      transport: { name: string };
      ping(): void;
      pingTimeout: number;
      pingTimeoutTimer: ReturnType<typeof setTimeout>;
      write(data: string): void;
      close(): void;
      once(event: string, listener: (...args: never[]) => void): unknown;
    };
    socket(namespace: string, options?: { query?: string }): OldClientSocket;
  };
  on(event: string, listener: (...args: never[]) => void): this;
  once(event: string, listener: (...args: never[]) => void): this;
  emit(event: string, ...args: unknown[]): this;
  connect(): this;
  disconnect(): this;
}

type OldConnect = (url: string, options: Record<string, unknown>) => OldClientSocket;

declare module "socket.io-client-v2" {
  const connect: OldConnect;
  export default connect;
}

declare module "socket.io-client-v1" {
  const connect: OldConnect;
  export default connect;
}
