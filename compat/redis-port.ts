// Where a server's process finds the redis-server of the run.

/** The name of the environment variable with its port. */
export const REDIS_PORT = "COMPAT_REDIS_PORT";
