// A real server of its own for each test file: scratch data folder, own ports and subnets, ended with everything that
// it started. Waits are for levels, with limits; nothing sleeps for luck.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');
export const BIN = process.env.TIDEGATE_BIN ?? join(ROOT, 'target/debug/tidegate');
const SITE = process.env.TIDEGATE_SITE_ROOT ?? join(ROOT, 'target/site');
/** Product seconds in a real one: 15 s cycles close every second. */
export const SCALE = 15;
/** Each of the run's workers takes ports and subnets of its own lane: two never choose the same at the same moment. */
const LANES = 4;
const LANE = Number(process.env.TEST_PARALLEL_INDEX ?? 0) % LANES;

/** A number of this worker's lane. */
function ofLane(from: number, to: number): number {
  return from + LANE + LANES * Math.floor(Math.random() * ((to - from) / LANES - 1));
}

export interface Server {
  url: string;
  data: string;
  password: string;
  log: () => string;
  /** SIGTERM; answers how long it took, in milliseconds. */
  stop: () => Promise<number>;
  /** kill -9; what it started goes on. */
  crash: () => Promise<void>;
  /** Another start on the same data, at the same address. */
  restart: () => Promise<void>;
  end: () => Promise<void>;
}

/** Asks until the answer is true, at most `limitMs`. */
export async function until(what: string, limitMs: number, ask: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((go) => setTimeout(go, 100));
  }
}

/** A port nobody listens on. */
export async function freePort(from = 20_000, to = 29_999): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const port = ofLane(from, to);
    if (await canBind(port)) return port;
  }
  throw new Error(`no free port between ${from} and ${to}`);
}

function canBind(port: number, address = '127.0.0.1'): Promise<boolean> {
  return new Promise((answer) => {
    const probe = createServer().once('error', () => answer(false));
    probe.listen(port, address, () => probe.close(() => answer(true)));
  });
}

/** Processes whose command line names this data folder: shims, load balancers, the server. */
export function processesOf(data: string, word: string): number[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return ids.map(Number).filter((id) => {
    const line = commandLine(id);
    return line.includes(data) && line.includes(word) && !isZombie(id);
  });
}

function commandLine(id: number): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function isZombie(id: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${id}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

/** Instances of this server whose program lives on the host, counted without asking the server or a shim. */
export function instancesOnHost(data: string): number {
  const folder = join(data, 'process');
  if (!existsSync(folder)) return 0;
  return readdirSync(folder).filter((id) => id.startsWith('i-') && programLives(folder, id)).length;
}

/** Is the process that `state.json` names there, and this instance's? Its number may be another's by now. */
function programLives(folder: string, id: string): boolean {
  try {
    const state = JSON.parse(readFileSync(join(folder, id, 'state.json'), 'utf8')) as { main: { pid: number } | null };
    const environment = readFileSync(`/proc/${state.main?.pid}/environ`, 'utf8').split('\0');
    return environment.includes(`TIDEGATE_INSTANCE=${id}`);
  } catch {
    // Not begun yet, or gone.
    return false;
  }
}

/** Servers that HAProxy itself says are UP, asked at its own socket. */
export async function upInHaproxy(data: string): Promise<number> {
  const sockets = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('admin.sock'));
  const answers = await Promise.all(sockets.map((path) => askSocket(join(data, path), 'show stat\n')));
  return answers.flatMap(csv).filter((row) => !/^(FRONTEND|BACKEND)$/.test(row.svname ?? '') && /^UP/.test(row.status ?? '')).length;
}

function askSocket(path: string, question: string): Promise<string> {
  return new Promise((answer) => {
    const said: string[] = [];
    const socket = connect(path, () => socket.write(question));
    socket.on('data', (text) => said.push(String(text)));
    socket.on('error', () => answer(''));
    socket.on('close', () => answer(said.join('')));
  });
}

function csv(text: string): Record<string, string>[] {
  const [head = '', ...lines] = text.replace(/^# /, '').split('\n').filter((line) => line.includes(','));
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, at) => [names[at] ?? '', value])));
}

async function begin(data: string, port: number, subnets: string): Promise<{ child: ChildProcess; log: string[] }> {
  const settings = ['--data', data, '--listen', `127.0.0.1:${port}`, '--site-root', SITE, '--subnets', subnets];
  const child = spawn(BIN, ['serve', ...settings, '--time-scale', String(SCALE), '--log', 'info,control=info'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  child.stdout?.on('data', (text) => log.push(String(text)));
  child.stderr?.on('data', (text) => log.push(String(text)));
  await until('the server says where it is', 30_000, () => {
    if (child.exitCode !== null) throw new Error(`the server ended at once:\n${log.join('')}`);
    return log.join('').includes('Tidegate is at');
  });
  return { child, log };
}

function signalAll(ids: number[], name: NodeJS.Signals): void {
  for (const id of ids) {
    try {
      process.kill(id, name);
    } catch {
      // It ended by itself.
    }
  }
}

/** A corner of 127/8 where nobody serves: two runs on one host do not meet. */
async function freeSubnets(): Promise<string> {
  for (;;) {
    const subnets = `127.${ofLane(100, 248)}`;
    const first = [1, 2, 3].map((zone) => canBind(8080, `${subnets}.${zone}.10`));
    if ((await Promise.all(first)).every(Boolean)) return subnets;
  }
}

export async function startServer(): Promise<Server> {
  const data = mkdtempSync(join(tmpdir(), 'tidegate-e2e-'));
  execFileSync('chmod', ['711', data]);
  const port = await freePort(21_000, 21_999);
  const subnets = await freeSubnets();
  let running = await begin(data, port, subnets);
  const password = readFileSync(join(data, 'first-password'), 'utf8').trim();
  const gone = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;
  const signal = async (name: NodeJS.Signals) => {
    const { child } = running;
    if (gone(child)) return;
    child.kill(name);
    await until(`the server ends on ${name}`, 15_000, () => gone(child));
  };
  return {
    url: `http://127.0.0.1:${port}`,
    data,
    password,
    log: () => running.log.join(''),
    stop: async () => {
      const began = Date.now();
      await signal('SIGTERM');
      return Date.now() - began;
    },
    crash: () => signal('SIGKILL'),
    restart: async () => {
      running = await begin(data, port, subnets);
    },
    end: async () => {
      await signal('SIGTERM');
      // What outlives a server by design: only this folder's processes, by id. A shim that is told to end stops its
      // program first; killed outright it would leave it behind.
      signalAll(processesOf(data, ''), 'SIGTERM');
      await until('shims and balancers end', 20_000, () => processesOf(data, '').length === 0).catch(() => {
        signalAll(processesOf(data, ''), 'SIGKILL');
      });
      rmSync(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}
