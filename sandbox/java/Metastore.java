import java.net.InetSocketAddress;
import org.apache.hadoop.hive.conf.HiveConf;
import org.apache.hadoop.hive.metastore.HiveMetaStore;
import org.apache.hadoop.hive.metastore.IHMSHandler;
import org.apache.hadoop.hive.metastore.TSetIpAddressProcessor;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.server.TThreadPoolServer;
import org.apache.thrift.transport.TServerSocket;
import org.apache.thrift.transport.TTransportFactory;

/** A Hive Metastore on 127.0.0.1 and the given port; Hive's own main ignores the address to bind to. */
public class Metastore {
  public static void main(String[] arguments) throws Exception {
    HiveConf conf = new HiveConf(HiveMetaStore.class);
    HiveMetaStore.HMSHandler plain = new HiveMetaStore.HMSHandler("metastore", conf, false);
    IHMSHandler handler = HiveMetaStore.newRetryingHMSHandler(plain, conf, false);
    TServerSocket socket = new TServerSocket(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
    TThreadPoolServer.Args how = new TThreadPoolServer.Args(socket);
    how.processor(new TSetIpAddressProcessor(handler));
    how.transportFactory(new TTransportFactory());
    how.protocolFactory(new TBinaryProtocol.Factory());
    how.minWorkerThreads(2).maxWorkerThreads(100);
    System.err.println("READY");
    new TThreadPoolServer(how).serve();
  }
}
