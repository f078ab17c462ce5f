import { SocketIOError } from "../../lib/errors.ts";
import { describe } from "../../lib/validate.ts";
import { ClientCommands } from "./client-commands.ts";
import { OwnedClient } from "./client-owned.ts";
import type { RedisDriver } from "./client-driver.ts";
import { IoredisDriver } from "./ioredis.ts";
import { IoredisClusterDriver } from "./ioredis-cluster.ts";
import { isIoredisClient, isIoredisCluster } from "./ioredis-shape.ts";
import { NodeRedisDriver } from "./node-redis.ts";
import { NodeRedisClusterDriver } from "./node-redis-cluster.ts";
import { isNodeRedisClient, isNodeRedisCluster } from "./node-redis-shape.ts";
import type { RedisCommands, RedisSubscriptions } from "./port.ts";
import { ClientSubscriptions } from "./subscriptions.ts";

const drivers = new WeakMap<object, RedisDriver>();
const commands = new WeakMap<RedisDriver, ClientCommands>();
const subscriptions = new WeakMap<RedisDriver, ClientSubscriptions>();

/**
 * A client that sends commands; for one client always the same.
 *
 * @param client of ioredis 5 or 6, or of node-redis 4, 5 or 6, or a cluster of one of them
 * @throws SocketIOError ERR_INVALID_ARGUMENT if it is none of these
 */
export function commandsOf(client: unknown): RedisCommands {
  const driver = driverOf(client);
  let known = commands.get(driver);
  if (!known) {
    known = new ClientCommands(driver, (own) => new OwnedClient(own));
    commands.set(driver, known);
  }
  return known;
}

/**
 * A client that subscribes; for one client always the same. Its subscriptions are over connections
 * of their own, which are made like the client's, open when it is ready, and end when it ends: so
 * the same client may send commands as well.
 *
 * @param client of ioredis 5 or 6, or of node-redis 4, 5 or 6, or a cluster of one of them
 * @throws SocketIOError ERR_INVALID_ARGUMENT if it is none of these
 */
export function subscriptionsOf(client: unknown): RedisSubscriptions {
  const driver = driverOf(client);
  let known = subscriptions.get(driver);
  if (!known) {
    known = new ClientSubscriptions(driver);
    subscriptions.set(driver, known);
  }
  return known;
}

function driverOf(client: unknown): RedisDriver {
  if (typeof client !== "object" || client === null) throw unknownClient(client);
  let driver = drivers.get(client);
  if (!driver) {
    driver = createDriver(client);
    drivers.set(client, driver);
  }
  return driver;
}

function createDriver(client: object): RedisDriver {
  if (isIoredisClient(client)) return new IoredisDriver(client);
  if (isIoredisCluster(client)) return new IoredisClusterDriver(client);
  if (isNodeRedisCluster(client)) return new NodeRedisClusterDriver(client);
  if (isNodeRedisClient(client)) {
    if (client.options?.legacyMode) {
      throw new SocketIOError(
        "ERR_INVALID_ARGUMENT",
        "a node-redis client in legacyMode cannot be used: create it without that option",
      );
    }
    return new NodeRedisDriver(client);
  }
  throw unknownClient(client);
}

function unknownClient(client: unknown): SocketIOError {
  return new SocketIOError(
    "ERR_INVALID_ARGUMENT",
    "a Redis client is expected: a Redis or Cluster of ioredis 5 or 6, or a client or cluster of " +
      `redis 4, 5 or 6 (node-redis), and this is ${describe(client)}`,
  );
}
