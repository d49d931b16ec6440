// The commands' entry points, which main.c's table lists.
#ifndef APPS_CUTAWAY_COMMANDS_H
#define APPS_CUTAWAY_COMMANDS_H

int command_hash(int argc, char **argv);
int command_hmac(int argc, char **argv);
int command_hkdf(int argc, char **argv);
int command_mgf1(int argc, char **argv);
int command_cipher(int argc, char **argv);
int command_vectors(int argc, char **argv); // command_vectors.c
int command_trace(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_list(int argc, char **argv);
int command_rsa(int argc, char **argv);
int command_x509(int argc, char **argv);
int command_elgamal(int argc, char **argv);
int command_dh(int argc, char **argv);
int command_prime(int argc, char **argv);
int command_modexp(int argc, char **argv);
int command_gcd(int argc, char **argv);
int command_inverse(int argc, char **argv);
int command_crt(int argc, char **argv);
int command_bench(int argc, char **argv);

#endif
