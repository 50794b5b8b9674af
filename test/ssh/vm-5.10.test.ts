// SPDX-License-Identifier: Apache-2.0
import { mainJobTest, onMachine } from './vm';

onMachine({ kernel: '5.10' }, machine => {
  mainJobTest(machine, '5.10');
});
