// The Java side of the interop matrix: one connection of TLS 1.3 or 1.2 with JSSE, as client or as server, told by key=value
// arguments; groups and signature schemes come as JSSE's own system properties. The server prints "listening PORT";
// both end by printing one line of JSON about the connection. `java Peer.java role=server ...` runs it as it is.

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

final class Peer {
    private static final char[] NO_PASSWORD = new char[0];

    public static void main(String[] arguments) throws Exception {
        // A stream cut short is then an error and not an end.
        System.setProperty("com.sun.net.ssl.requireCloseNotify", "true");
        Map<String, String> told = new HashMap<>();
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            told.put(parts[0], parts[1]);
        }
        try {
            byte[] payload = Files.readAllBytes(Path.of(told.get("payload")));
            if (told.get("role").equals("server")) {
                serve(told, payload);
            } else {
                connect(told, payload);
            }
        } catch (IOException error) {
            for (Throwable cause = error; cause != null; cause = cause.getCause()) {
                System.err.println(cause);
            }
            System.exit(1);
        }
    }

    private static void serve(Map<String, String> told, byte[] payload) throws Exception {
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        try (var listener = (SSLServerSocket) context(told).getServerSocketFactory().createServerSocket(0, 1, loopback)) {
            SSLParameters parameters = parameters(told, listener.getSSLParameters());
            parameters.setNeedClientAuth(told.containsKey("root"));
            listener.setSSLParameters(parameters);
            System.out.println("listening " + listener.getLocalPort());
            try (var socket = (SSLSocket) listener.accept()) {
                socket.startHandshake();
                InputStream in = socket.getInputStream();
                OutputStream out = socket.getOutputStream();
                byte[] received = new byte[payload.length];
                for (int length = 0; length < received.length; ) {
                    int more = in.read(received, length, received.length - length);
                    if (more < 0) {
                        throw new IOException("the stream ended after " + length + " bytes");
                    }
                    out.write(received, length, more);
                    length += more;
                }
                compare(received, payload);
                finish(socket, told.get("closer").equals("server"));
            }
        }
    }

    private static void connect(Map<String, String> told, byte[] payload) throws Exception {
        int port = Integer.parseInt(told.get("port"));
        var plain = new java.net.Socket("127.0.0.1", port);
        try (var socket = (SSLSocket) context(told).getSocketFactory().createSocket(plain, told.get("name"), port, true)) {
            SSLParameters parameters = parameters(told, socket.getSSLParameters());
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            var writer = new Thread(() -> {
                try {
                    socket.getOutputStream().write(payload);
                } catch (IOException error) {
                    System.err.println(error);
                    System.exit(1);
                }
            });
            writer.start();
            byte[] answer = socket.getInputStream().readNBytes(payload.length);
            writer.join();
            compare(answer, payload);
            finish(socket, told.get("closer").equals("client"));
        }
    }

    // Closes both ways and tells what the connection was.
    private static void finish(SSLSocket socket, boolean first) throws IOException {
        if (first) {
            socket.shutdownOutput();
        }
        if (socket.getInputStream().read() >= 0) {
            throw new IOException("more data than was sent");
        }
        if (!first) {
            socket.shutdownOutput();
        }
        boolean certified = true;
        try {
            socket.getSession().getPeerCertificates();
        } catch (SSLPeerUnverifiedException none) {
            certified = false;
        }
        String alpn = socket.getApplicationProtocol();
        System.out.printf(
                "{\"version\":\"%s\",\"suite\":\"%s\",\"alpn\":%s,\"clientCertificate\":%s,\"ending\":\"close_notify\"}%n",
                socket.getSession().getProtocol(),
                socket.getSession().getCipherSuite(),
                alpn == null || alpn.isEmpty() ? "null" : "\"" + alpn + "\"",
                certified);
    }

    private static void compare(byte[] got, byte[] wanted) throws IOException {
        if (!Arrays.equals(got, wanted)) {
            throw new IOException("the data came back different");
        }
    }

    private static SSLParameters parameters(Map<String, String> told, SSLParameters parameters) {
        parameters.setProtocols(new String[] {told.getOrDefault("version", "TLSv1.3")});
        if (told.containsKey("suites")) {
            parameters.setCipherSuites(told.get("suites").split(","));
        }
        if (told.containsKey("alpn")) {
            parameters.setApplicationProtocols(told.get("alpn").split(","));
        }
        return parameters;
    }

    private static SSLContext context(Map<String, String> told) throws Exception {
        KeyManagerFactory keys = null;
        if (told.containsKey("chain")) {
            KeyStore store = emptyStore();
            var chain = certificates(told.get("chain"));
            store.setKeyEntry("identity", key(told.get("key"), chain[0]), NO_PASSWORD, chain);
            keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(store, NO_PASSWORD);
        }
        KeyStore roots = emptyStore();
        if (told.containsKey("root")) {
            roots.setCertificateEntry("root", certificates(told.get("root"))[0]);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(roots);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        boolean trusting = told.containsKey("root");
        context.init(keys == null ? null : keys.getKeyManagers(), trusting ? trust.getTrustManagers() : null, null);
        return context;
    }

    private static KeyStore emptyStore() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static Certificate[] certificates(String file) throws Exception {
        byte[] pem = Files.readAllBytes(Path.of(file));
        return CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(pem))
                .toArray(new Certificate[0]);
    }

    private static PrivateKey key(String file, Certificate leaf) throws Exception {
        String body = Files.readString(Path.of(file)).replaceAll("-----[^-]*-----", "").replaceAll("\\s", "");
        var encoded = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(body));
        return KeyFactory.getInstance(leaf.getPublicKey().getAlgorithm()).generatePrivate(encoded);
    }
}
