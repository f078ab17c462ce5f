// The programs that the tests start but that no package of this repository carries.

const CHROMIUM_NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

interface Program {
  title: string;
  /** The environment variable that may name the program; it goes before the search on PATH. */
  variable: string;
  names: readonly string[];
}

/** Of the paths that a pattern finds, the one of the highest version; the pattern where there is none. */
function newest(pattern: string): string {
  const found = Array.from(new Bun.Glob(pattern.slice(1)).scanSync({ cwd: "/", onlyFiles: false }));
  const [path] = found.sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  return path === undefined ? pattern : `/${path}`;
}

function find(program: Program): string {
  const named = process.env[program.variable];
  if (named) {
    const path = Bun.which(named);
    if (path) return path;
    throw new Error(`${program.variable} is set to "${named}", which is no program that runs here`);
  }
  for (const name of program.names) {
    const path = Bun.which(name.includes("*") ? newest(name) : name);
    if (path) return path;
  }
  throw new Error(
    `${program.title} is needed by the tests and was not found on PATH. ` +
      `Install it, or set ${program.variable} to its path.`,
  );
}

/** The path of a Chromium or Chrome: $CHROMIUM, or the first found on PATH. */
export function chromiumPath(): string {
  return find({ title: "Chromium (or Chrome)", variable: "CHROMIUM", names: CHROMIUM_NAMES });
}

/** The path of redis-server: $REDIS_SERVER, or the one on PATH. */
export function redisServerPath(): string {
  return find({ title: "redis-server", variable: "REDIS_SERVER", names: ["redis-server"] });
}

/** The path of nginx: $NGINX, or the one on PATH or where Debian has it. */
export function nginxPath(): string {
  return find({ title: "nginx", variable: "NGINX", names: ["nginx", "/usr/sbin/nginx"] });
}

const POSTGRES: Program = {
  title: "PostgreSQL",
  variable: "POSTGRES",
  names: ["postgres", "/usr/lib/postgresql/*/bin/postgres", "/opt/homebrew/bin/postgres"],
};

/** The path of postgres: $POSTGRES, or the one on PATH, or where Debian has it. `initdb` is beside it. */
export function postgresPath(): string {
  return find(POSTGRES);
}
