import javax.security.sasl.AuthenticationException;
import org.apache.hive.service.auth.PasswdAuthenticationProvider;

/** One user, as the environment of the server says. */
public class FixedAuth implements PasswdAuthenticationProvider {
  public void Authenticate(String user, String password) throws AuthenticationException {
    if (!System.getenv("SANDBOX_USER").equals(user) || !System.getenv("SANDBOX_PASSWORD").equals(password)) {
      throw new AuthenticationException("bad user or password");
    }
  }
}
