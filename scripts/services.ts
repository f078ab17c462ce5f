// Sees to the programs that the tests start themselves: found here, or installed from Debian's
// packages where that needs no question to anyone (root, with apt-get), or else asked for.

import {
  chromiumPath,
  nginxPath,
  postgresPath,
  redisServerPath,
} from "../test/support/services.ts";

interface Service {
  title: string;
  /** The package of Debian and Ubuntu. */
  package: string;
  /** The environment variable that may name the program. */
  variable: string;
  path: () => string;
  /** What has it print its version. Default: `--version`. */
  version?: string;
}

const SERVICES: readonly Service[] = [
  {
    title: "redis-server",
    package: "redis-server",
    variable: "REDIS_SERVER",
    path: redisServerPath,
  },
  { title: "PostgreSQL", package: "postgresql", variable: "POSTGRES", path: postgresPath },
  { title: "Chromium", package: "chromium", variable: "CHROMIUM", path: chromiumPath },
  { title: "nginx", package: "nginx-light", variable: "NGINX", path: nginxPath, version: "-v" },
];

/** Undefined when the service is there and starts; else what is wrong, as a sentence. */
function problemOf(service: Service): string | undefined {
  let path: string;
  try {
    path = service.path();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const answer = Bun.spawnSync([path, service.version ?? "--version"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (!answer.success) {
    return `${path} does not run: ${answer.stderr.toString().trim() || `code ${answer.exitCode}`}`;
  }
  const version = answer.stdout.toString().trim() || answer.stderr.toString().trim();
  console.log(`   ${service.title}: ${path} (${version})`);
  return undefined;
}

function apt(...argv: string[]): boolean {
  const child = Bun.spawnSync(["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", ...argv], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return child.success;
}

function install(packages: readonly string[]): void {
  console.log(`   installing ${packages.join(" and ")} with apt-get (this takes a minute)`);
  if (!apt("update"))
    console.error("   apt-get update failed; trying with the lists that are here");
  for (const name of packages) {
    // One by one: a package that this release lacks shall not keep out the others.
    if (!apt("install", "-y", "--no-install-recommends", name)) {
      console.error(`   apt-get install ${name} failed`);
    }
  }
  // These packages bring a system service as well; the tests start their own, on their own ports.
  for (const name of ["redis-server", "postgresql"].filter((each) => packages.includes(each))) {
    for (const argv of [
      ["service", name, "stop"],
      ["update-rc.d", name, "disable"],
    ]) {
      if (Bun.which(argv[0] ?? "")) Bun.spawnSync(argv, { stdio: ["ignore", "ignore", "ignore"] });
    }
  }
}

/** Answers whether every service is there, after installing what can be installed. */
export async function ensureServices(): Promise<boolean> {
  let missing = SERVICES.filter((service) => problemOf(service) !== undefined);
  if (missing.length === 0) return true;

  // Where a variable names a program that does not run, no package is going to help.
  const packaged = missing.filter((service) => !process.env[service.variable]);
  if (packaged.length > 0 && process.getuid?.() === 0 && Bun.which("apt-get")) {
    install(packaged.map((service) => service.package));
    missing = missing.filter((service) => problemOf(service) !== undefined);
    if (missing.length === 0) return true;
  }

  const packages = missing.map((service) => service.package).join(" ");
  for (const service of missing) console.error(`   ${problemOf(service)}`);
  console.error(
    `   Install what is missing, for example with\n` +
      `     sudo apt-get install ${packages}     (Debian; on Ubuntu, Chrome for Chromium)\n` +
      `     brew install ${packages.replace("redis-server", "redis").replace("nginx-light", "nginx")}     (macOS)\n` +
      `   or set CHROMIUM, NGINX, POSTGRES or REDIS_SERVER to the path of a program you have.`,
  );
  return false;
}
