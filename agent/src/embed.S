/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled programs of agent/bpf, inside the agent. */
	.section .rodata
	.balign 16
	.globl sma_sockets_object, sma_sockets_object_end, sma_peers_object, sma_peers_object_end
	.globl sma_capture_object, sma_capture_object_end, sma_answer_object, sma_answer_object_end
	.globl sma_splice_object, sma_splice_object_end
sma_sockets_object:
	.incbin "sockets.bpf.o"
sma_sockets_object_end:
	.balign 16
sma_peers_object:
	.incbin "peers.bpf.o"
sma_peers_object_end:
	.balign 16
sma_capture_object:
	.incbin "capture.bpf.o"
sma_capture_object_end:
	.balign 16
sma_answer_object:
	.incbin "answer.bpf.o"
sma_answer_object_end:
	.balign 16
sma_splice_object:
	.incbin "splice.bpf.o"
sma_splice_object_end:
	.section .note.GNU-stack, "", %progbits
