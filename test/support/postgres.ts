// A PostgreSQL of a test's own.

import { chownSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { postgresPath } from "./services.ts";

/** A running PostgreSQL, with its files in a directory that goes with it. */
export interface PostgresServer {
  port: number;
  user: string;
  stop(): Promise<void>;
}

/** The user as whom it runs, which must not be root. */
const USERS = ["postgres", "nobody"];
const TRIES = 10;

interface Account {
  uid: number;
  gid: number;
}

function idOf(flag: "-u" | "-g", user: string): number | undefined {
  const { success, stdout } = Bun.spawnSync(["id", flag, user], { stderr: "ignore" });
  return success ? Number(stdout.toString()) : undefined;
}

/** Whose processes it is: our own, unless we are root. */
function account(): Account | undefined {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  for (const user of USERS) {
    const [uid, gid] = [idOf("-u", user), idOf("-g", user)];
    if (uid !== undefined && gid !== undefined) {
      return { uid, gid };
    }
  }
  throw new Error(`PostgreSQL does not run as root, and there is no user ${USERS.join(" or ")}`);
}

function asAccount(owner: Account | undefined, argv: string[]): string[] {
  return owner === undefined
    ? argv
    : ["setpriv", `--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups", ...argv];
}

/** Starts a PostgreSQL on a free port of the loopback, and returns when it takes connections. */
export async function startPostgres(): Promise<PostgresServer> {
  // What is on PATH may be a link to where the other programs are.
  const postgres = realpathSync(postgresPath());
  const owner = account();
  const directory = mkdtempSync(join(tmpdir(), "postgres-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  try {
    if (owner !== undefined) {
      chownSync(directory, owner.uid, owner.gid);
    }
    const user = "test";
    const initdb = Bun.spawn(
      asAccount(owner, [
        join(dirname(postgres), "initdb"),
        ...["--pgdata", join(directory, "data"), "--username", user, "--auth", "trust"],
        ...["--encoding", "UTF8", "--locale", "C", "--no-sync"],
      ]),
      { cwd: directory, stdout: "pipe", stderr: "pipe", stdin: "ignore" },
    );
    const [out, error] = await Promise.all([
      new Response(initdb.stdout).text(),
      new Response(initdb.stderr).text(),
    ]);
    if ((await initdb.exited) !== 0) {
      throw new Error(`initdb failed:\n${out}${error}`);
    }
    for (let tries = 1; ; tries++) {
      try {
        const { port, end } = await startOnce(postgres, directory, owner);
        return {
          port,
          user,
          async stop() {
            await end();
            remove();
          },
        };
      } catch (reason) {
        // The port may have been taken between the probe and the start, where much is going on.
        if (tries === TRIES || !/in use/i.test(String(reason))) {
          throw reason;
        }
      }
    }
  } catch (error) {
    remove();
    throw error;
  }
}

async function startOnce(
  postgres: string,
  directory: string,
  owner: Account | undefined,
): Promise<{ port: number; end(): Promise<void> }> {
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = probe;
  probe.stop(true);
  const child = Bun.spawn(
    asAccount(owner, [
      postgres,
      ...["-D", join(directory, "data"), "-p", `${port}`, "-h", "127.0.0.1", "-k", directory],
      ...["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "max_connections=200"],
    ]),
    { cwd: directory, stdout: "ignore", stderr: "pipe", stdin: "ignore" },
  );
  let output = "";
  let onReady = (): void => {};
  const ready = new Promise<void>((resolve) => {
    onReady = resolve;
  });
  const ended = (async () => {
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
      output += chunk;
      if (/ready to accept connections/i.test(output)) {
        onReady();
      }
    }
  })();
  await Promise.race([ready, ended]);
  if (!/ready to accept connections/i.test(output)) {
    await child.exited;
    throw new Error(`postgres ended before it was ready:\n${output}`);
  }
  return {
    port,
    async end() {
      child.kill("SIGINT"); // "fast": it waits for no client
      await child.exited;
    },
  };
}

/** Runs statements. */
export async function query(
  { port, user }: PostgresServer,
  ...statements: string[]
): Promise<void> {
  const client = new Client({ host: "127.0.0.1", port, user, database: "postgres" });
  await client.connect();
  try {
    for (const statement of statements) {
      await client.query(statement);
    }
  } finally {
    await client.end();
  }
}
