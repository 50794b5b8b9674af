// SPDX-License-Identifier: Apache-2.0
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import { extensionLog } from './helpers';
import { reportMark } from './mark';

/** A run, with the names that vitest's JSON report gives its parts. */
interface Report {
  numTotalTests: number;
  numPassedTests: number;
  testResults: {
    name: string;
    status: 'passed' | 'failed';
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

/**
 * Entry that VS Code calls inside the extension host (`extensionTestsPath`): runs every compiled `*.test.js`
 * beside it. Rejects when a test fails or is skipped, or when there are fewer than `SOCKMAP_HOST_FLOOR`.
 */
export async function run(): Promise<void> {
  // Mocha is an ES module and this file is not: a static import would become require().
  const { default: Mocha } = await import('mocha');
  // The extension host sends the arguments of its console on as they are, and nobody else formats them.
  const print = Mocha.reporters.Base.consoleLog;
  Mocha.reporters.Base.consoleLog = (...args: unknown[]) => {
    for (const line of format(...args).split('\n')) print(`${reportMark}${line}`);
  };
  const mocha = new Mocha({
    ui: 'bdd',
    color: false,
    timeout: 60_000,
    reporter: 'spec',
    forbidOnly: true,
    rootHooks: {
      async afterEach(this: Mocha.Context) {
        if (this.currentTest?.state !== 'failed') return;
        const log = (await extensionLog()).split('\n').slice(-30);
        Mocha.reporters.Base.consoleLog(['the log of the extension:', ...log].join('\n'));
      },
    },
  });
  const files = readdirSync(__dirname, { recursive: true, encoding: 'utf8' });
  for (const file of files.sort()) if (file.endsWith('.test.js')) mocha.addFile(join(__dirname, file));
  await mocha.loadFilesAsync();
  const report: Report = { numTotalTests: 0, numPassedTests: 0, testResults: [] };
  const failed = (fullName: string, status: 'failed' | 'pending', message: string): void => {
    report.numTotalTests++;
    const assertion = { fullName, status, failureMessages: [message] };
    report.testResults.push({ name: 'test/host', status: 'failed', assertionResults: [assertion] });
  };
  await new Promise<void>(resolve => {
    const runner = mocha.run(() => {
      resolve();
    });
    // A failing hook has no test of its own, but it is a failure.
    runner.on('fail', (test, error: Error) => {
      failed(test.fullTitle(), 'failed', error.message);
    });
    runner.on('pending', test => {
      failed(test.fullTitle(), 'pending', 'skipped');
    });
    runner.on('pass', () => {
      report.numTotalTests++;
      report.numPassedTests++;
    });
  });
  const path = process.env['SOCKMAP_HOST_REPORT'];
  if (path !== undefined) writeFileSync(path, JSON.stringify(report));
  const floor = Math.max(1, Number(process.env['SOCKMAP_HOST_FLOOR'] ?? '1'));
  const missed = report.numTotalTests - report.numPassedTests;
  if (missed > 0) throw new Error(`${missed} tests of the extension host failed or were skipped`);
  if (report.numTotalTests < floor) {
    throw new Error(`${report.numTotalTests} tests ran in the extension host, the floor is ${floor}`);
  }
}
