// SPDX-License-Identifier: Apache-2.0
// Entry of `npm start | test | demo | bench | fuzz | package`. Runs on a bare Node: no import outside Node itself.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const rig = dirname(fileURLToPath(import.meta.url));
const root = join(rig, '..', '..');
const [verb, ...args] = process.argv.slice(2);

const say = text => process.stderr.write(`sockmap: ${text}\n`);

/** One sentence on what is wrong and what to do, then out. */
function fail(text) {
  say(text);
  process.exit(1);
}

const succeeds = (command, commandArgs) => spawnSync(command, commandArgs, { stdio: 'ignore' }).status === 0;

function requireNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20)
    fail(`Node ${process.versions.node} is too old; install Node 20 or newer and run this again.`);
}

/** Names of the listed Debian packages that dpkg does not hold as installed. */
function missingPackages(wanted) {
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...wanted], {
    encoding: 'utf8',
  });
  if (query.error) return undefined;
  const installed = new Set(
    query.stdout
      .split('\n')
      .filter(line => line.endsWith(' installed'))
      .map(line => line.split(' ')[0]),
  );
  return wanted.filter(name => !installed.has(name));
}

function ensurePackages() {
  const wanted = JSON.parse(readFileSync(join(rig, 'packages.json'), 'utf8')).apt;
  const missing = missingPackages(wanted);
  if (missing === undefined) {
    if (verb === 'start' || verb === 'package') return;
    fail(
      `this machine has no dpkg, so install what matches these Debian packages yourself: ${wanted.join(' ')}`,
    );
  }
  if (missing.length === 0) return;
  const line = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const prefix = process.getuid() === 0 ? [] : ['sudo', '-n'];
  if (prefix.length > 0 && !succeeds('sudo', ['-n', 'true'])) {
    fail(`packages are missing and sudo asks for a password; run: sudo ${line}`);
  }
  say(`installing ${missing.join(' ')}`);
  // Debian's services must not start because a test needs their program.
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
  const apt = ['apt-get', '-qq', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=300'];
  const install = [...apt, 'install', '-y', '--no-install-recommends', ...missing];
  for (const step of [[...apt, 'update'], install]) {
    const [command, ...rest] = [...prefix, ...environment, ...step];
    const done = spawnSync(command, rest, { stdio: ['ignore', 'ignore', 'inherit'] });
    if (done.status !== 0) fail(`apt-get failed, see above; repair it, or run: ${line}`);
  }
}

/** True when node_modules holds every package of the lock file in its version; platform's extras may lack. */
function modulesMatchLock() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const want = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(want).every(
    ([path, entry]) => path === '' || entry.optional === true || have[path]?.version === entry.version,
  );
}

function ensureModules() {
  if (modulesMatchLock()) return;
  say('installing the npm packages of package-lock.json');
  const npm = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const done = spawnSync('npm', npm, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (done.status !== 0)
    fail('npm ci failed, see above; check the network and that package-lock.json is whole.');
}

/** Runs the verb's own file and ends with its exit code; signals reach it before us. */
function runVerb() {
  const child = spawn(join(root, 'node_modules', '.bin', 'tsx'), [join(rig, `${verb}.ts`), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal's Ctrl-C reaches the whole group by itself.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', error =>
    fail(`cannot run tsx (${error.message}); remove node_modules and run this again.`),
  );
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}

requireNode();
if (verb === undefined || !existsSync(join(rig, `${verb}.ts`))) {
  fail(`unknown verb "${verb ?? ''}"; use one of start, test, demo, bench, fuzz, package.`);
}
ensurePackages();
ensureModules();
runVerb();
