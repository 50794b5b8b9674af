// SPDX-License-Identifier: Apache-2.0
import { packExtension } from './vsix';

try {
  console.log(await packExtension(!process.argv.includes('--no-build')));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
