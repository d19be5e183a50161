/**
 * Certificates made for one test.
 *
 * @module
 */
import { join } from "@std/path";
import { requirePart } from "./part.ts";
import { runOrThrow } from "./run.ts";

/** Where a certificate and its key lie. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Makes a self-signed certificate for this machine's loopback names in `folder`; it is its own authority. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const certFile = join(folder, "cert.pem");
  const keyFile = join(folder, "key.pem");
  await runOrThrow(requirePart("openssl"), [
    ...["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"],
    ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
    ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
    ...["-out", certFile, "-keyout", keyFile],
  ]);
  return { certFile, keyFile };
}

/** Makes an authority, and a certificate of it for one host name. */
export async function makeCertificateOf(
  name: string,
  folder: string,
): Promise<Certificate & { caFile: string }> {
  const [caFile, caKey] = [join(folder, "ca.pem"), join(folder, "ca.key")];
  const [certFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const openssl = requirePart("openssl");
  const newKey = [
    "req",
    "-x509",
    "-nodes",
    "-days",
    "2",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
  ];
  await runOrThrow(openssl, [...newKey, "-subj", "/CN=authority", "-out", caFile, "-keyout", caKey]);
  await runOrThrow(openssl, [
    ...[...newKey, "-subj", `/CN=${name}`, "-out", certFile, "-keyout", keyFile],
    ...["-addext", `subjectAltName=DNS:${name}`, "-addext", "basicConstraints=critical,CA:FALSE"],
    ...["-CA", caFile, "-CAkey", caKey],
  ]);
  return { caFile, certFile, keyFile };
}
