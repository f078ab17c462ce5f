// Client 3 comes with types, which its package.json hides.

declare module "socket.io-client-v3" {
  export function io(url: string, options: Record<string, unknown>): unknown;
}
